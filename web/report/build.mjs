// Builds the report's page, one file that needs no network: src/lab/report_page.html. The program puts the results in
// place of @DATA@. Run it after a change here: npm ci && npm run build. The tests compare @SOURCES@ with what is here.
import {createHash} from "node:crypto";
import {readFileSync, writeFileSync} from "node:fs";
import {build} from "esbuild";

const here = new URL(".", import.meta.url).pathname;
const sources = ["build.mjs", "package.json", "package-lock.json", "src/page.html", "src/style.css", "src/main.js",
  "src/charts.js", "src/drawings.js", "src/tables.js", "src/words.js"];

const hash = createHash("sha256");
for (const name of sources) hash.update(name + "\n").update(readFileSync(here + name));

const bundled = async (entry) => {
  const done = await build({
    entryPoints: [here + entry], bundle: true, minify: true, write: false, format: "iife", target: "es2020",
    charset: "ascii", legalComments: "inline",
  });
  return done.outputFiles[0].text.trim().replaceAll("</script", "<\\/script");
};

const parts = {
  "@STYLE@": await bundled("src/style.css"),
  "@SCRIPT@": await bundled("src/main.js"),
  "@SOURCES@": hash.digest("hex"),
};
let page = readFileSync(here + "src/page.html", "utf8");
for (const [mark, text] of Object.entries(parts)) page = page.split(mark).join(text);
writeFileSync(here + "../../src/lab/report_page.html", page);
console.log(`src/lab/report_page.html: ${page.length} bytes`);
