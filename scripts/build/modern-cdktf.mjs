import { readFile } from "node:fs/promises";

const deprecated = "(0, util_2.isArray)(";

/**
 * cdktf asks Node's `util.isArray`, which warns at every synthesis from Node 22 on. cdktf is archived
 * upstream, so nobody will change it there.
 * https://nodejs.org/api/deprecations.html#dep0044-utilisarray
 */
export const modernCdktf = {
  name: "modern-cdktf",
  setup(build) {
    build.onLoad(
      { filter: /node_modules\/cdktf\/lib\/terraform-output\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, "utf8");
        if (!text.includes(deprecated)) {
          throw new Error(`${path} no longer uses util.isArray: this plugin can go.`);
        }
        return { contents: text.replaceAll(deprecated, "Array.isArray("), loader: "js" };
      },
    );
  },
};
