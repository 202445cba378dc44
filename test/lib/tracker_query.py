"""Asks a tracker as a peer would, to see what it knows of a swarm."""
import ipaddress
import json
import urllib.parse
import urllib.request

import bencode


def get(url, parameters):
    with urllib.request.urlopen(url + "?" + urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote), timeout=10) as answer:
        return answer.read()


def known_peers(announce_url, info_hash):
    """The peers as ADDR:PORT that a leecher would be told now; the asker does not stay in the swarm."""
    asker = {"info_hash": info_hash, "peer_id": b"-XX0000-asksforpeers", "port": 9, "uploaded": 0, "downloaded": 0,
             "left": 1, "compact": 1, "numwant": 200}
    answer = bencode.decode(get(announce_url, asker))
    get(announce_url, asker | {"event": "stopped"})
    known = set()
    for peers, kind, size, form in ((answer.get(b"peers", b""), ipaddress.IPv4Address, 4, "{}:{}"),
                                    (answer.get(b"peers6", b""), ipaddress.IPv6Address, 16, "[{}]:{}")):
        for at in range(0, len(peers), size + 2):
            port = int.from_bytes(peers[at + size:at + size + 2], "big")
            known.add(form.format(kind(peers[at:at + size]), port))
    return known


def scrape(announce_url, info_hash):
    answer = bencode.decode(get(announce_url.replace("/announce", "/scrape"), {"info_hash": info_hash}))
    counts = answer[b"files"].get(info_hash, {})
    return {key.decode(): value for key, value in counts.items()}


def stats(announce_url):
    with urllib.request.urlopen(announce_url.replace("/announce", "/stats"), timeout=10) as answer:
        return json.load(answer)
