// Bundles the extension and copies what the repository keeps elsewhere, so that there is one of each.
import { copyFileSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["src/extension.js"],
  outfile: "out/extension.js",
  bundle: true,
  minify: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  logLevel: "info",
});
copyFileSync("../gradlang.tmLanguage.json", "out/gradlang.tmLanguage.json");
copyFileSync("../../LICENSE", "LICENSE");
