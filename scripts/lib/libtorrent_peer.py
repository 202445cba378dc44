"""A libtorrent peer: TORRENT|MAGNET FOLDER ADDR:PORT UPLINK seed|leech [encrypted]; one JSON object a line; ends on SIGTERM."""
import json
import signal
import sys
import time

import libtorrent as lt

GLOBAL_PEER_CLASS_BIT = 1


def settings(address, uplink, encrypted):
    chosen = lt.high_performance_seed()
    if encrypted:
        chosen.update({"in_enc_policy": 0, "out_enc_policy": 0, "allowed_enc_level": 2})  # forced, and RC4
    chosen.update({
        "listen_interfaces": address,
        "outgoing_interfaces": address.rsplit(":", 1)[0],
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_outgoing_utp": False,
        "enable_incoming_utp": False,
        "allow_multiple_connections_per_ip": True,
        "max_out_request_queue": 1500,
        "max_allowed_in_request_queue": 4000,
        "send_buffer_watermark": 4 << 20,
        "send_buffer_watermark_factor": 200,
        "upload_rate_limit": uplink,
        "alert_mask": lt.alert.category_t.error_notification | lt.alert.category_t.status_notification,
    })
    return chosen


def main():
    torrent, folder, address, uplink, role, *more = sys.argv[1:]
    session = lt.session(settings(address, int(uplink), "encrypted" in more))
    # Loopback belongs to a class of "local" peers that knows no limits; here every peer is like any other.
    everybody = lt.ip_filter()
    everybody.add_rule("0.0.0.0", "255.255.255.255", GLOBAL_PEER_CLASS_BIT)
    session.set_peer_class_filter(everybody)

    if torrent.startswith("magnet:"):
        parameters = lt.parse_magnet_uri(torrent)
    else:
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(torrent)
    parameters.save_path = folder
    parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    if role == "seed":
        parameters.flags |= lt.torrent_flags.seed_mode  # the data is trusted, as by other clients told so
    handle = session.add_torrent(parameters)

    running = True

    def stop(*_):
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    complete = started = False
    while running:
        session.wait_for_alert(5 if role == "leech" and not started else 100)
        for alert in session.pop_alerts():
            print(json.dumps({"event": "alert", "text": str(alert)}), flush=True)
        if not started and handle.status().total_payload_download > 0:
            started = True
            print(json.dumps({"event": "first_data", "time": time.time()}), flush=True)
        if not complete and handle.status().is_seeding:
            complete = True
            print(json.dumps({"event": "complete", "time": time.time()}), flush=True)


if __name__ == "__main__":
    main()
