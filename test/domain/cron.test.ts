import { expect, it } from "vitest";

import { findCronProblem } from "../../src/domain/cron.js";

it.each([
  "* * * * *",
  "0 6 * * 1-5",
  "*/15 0-23/2 1,15 * 0",
  "0 0 1 JAN,jul SUN",
  "0 9 * * mon-fri",
  "  5   4 * * *  ",
])("takes %s", (expression) => {
  expect(findCronProblem(expression)).toBeUndefined();
});

it.each([
  ["", "it has 1 field"],
  ["* * * *", "it has 4 fields instead of five"],
  ["0 0 * * * *", "it has 6 fields instead of five"],
  ["@daily", "it has 1 field"],
  ["60 * * * *", 'the minute "60" is not between 0 and 59'],
  ["0 24 * * *", 'the hour "24" is not between 0 and 23'],
  ["0 0 0 * *", 'the day of the month "0" is not between 1 and 31'],
  ["0 0 * 13 *", 'the month "13" is not between 1 and 12 or JAN to DEC'],
  ["0 0 * * 7", 'the day of the week "7" is not between 0 and 6 or SUN to SAT'],
  ["0 0 * * MONDAY", 'the day of the week "MONDAY" is not'],
  ["5-1 * * * *", 'the minute "5-1" counts backwards'],
  ["*/0 * * * *", 'the minute "*/0" has a step that is no whole number'],
  ["*/5/5 * * * *", 'the minute "*/5/5" has more than one step'],
  ["1-2-3 * * * *", 'the minute "1-2-3" is not a range'],
  ["1, * * * *", 'the minute "1," is not between'],
])("refuses %s", (expression, expected) => {
  expect(findCronProblem(expression)).toContain(expected);
});
