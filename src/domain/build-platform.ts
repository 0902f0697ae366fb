export interface BuildPlatform {
  /** `linux/amd64`, as Docker writes it. */
  readonly text: string;
  readonly os: "Linux";
  readonly architecture: "amd64" | "arm64";
}

/** What a registry's build can be asked for and a Linux image can be made for; undefined for the rest. */
export function parseBuildPlatform(text: string): BuildPlatform | undefined {
  switch (text.trim().toLowerCase()) {
    case "linux":
    case "linux/amd64":
    case "linux/x86_64":
      return { text: "linux/amd64", os: "Linux", architecture: "amd64" };
    case "linux/arm64":
    case "linux/arm64/v8":
    case "linux/aarch64":
      return { text: "linux/arm64", os: "Linux", architecture: "arm64" };
    default:
      return undefined;
  }
}
