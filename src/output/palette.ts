import colors from "picocolors";

export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function createPalette(enabled: boolean): Palette {
  return colors.createColors(enabled);
}
