import type { AttributeInput, Attributes } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, compact, type Json } from "../http/json.js";

export const probeDefaults = {
  failure_count_threshold: 3,
  interval_seconds: 10,
  timeout: 1,
};

const probes = [
  { block: "liveness_probe", type: "Liveness" },
  { block: "readiness_probe", type: "Readiness" },
  { block: "startup_probe", type: "Startup" },
] as const;

export function probesToWire(container: Reader): Json[] {
  return probes.flatMap(({ block, type }) =>
    container.blocks(block).map((probe) => {
      const transport = probe.text("transport") ?? "TCP";
      const http = {
        host: probe.text("host"),
        path: probe.text("path") ?? "/",
        port: probe.number("port"),
        scheme: transport,
        httpHeaders: probe
          .blocks("header")
          .map((header) => ({ name: header.text("name"), value: header.text("value") })),
      };
      const tcp = { host: probe.text("host"), port: probe.number("port") };
      return compact({
        type,
        failureThreshold: probe.number("failure_count_threshold"),
        initialDelaySeconds: probe.number("initial_delay"),
        periodSeconds: probe.number("interval_seconds"),
        successThreshold: probe.number("success_count_threshold"),
        timeoutSeconds: probe.number("timeout"),
        ...(transport === "TCP" ? { tcpSocket: compact(tcp) } : { httpGet: compact(http) }),
      });
    }),
  );
}

export function probesFromWire(value: unknown): Attributes {
  const all = asItems(value);
  return Object.fromEntries(
    probes.map(({ block, type }) => [
      block,
      all.filter((probe) => probe["type"] === type).map((probe) => probeFromWire(probe, type)),
    ]),
  );
}

function probeFromWire(probe: Json, type: string): AttributeInput {
  const overHttp = probe["httpGet"] !== undefined && probe["httpGet"] !== null;
  const target = asJson(overHttp ? probe["httpGet"] : probe["tcpSocket"]);
  return {
    transport: overHttp ? (asText(target["scheme"]) ?? "HTTP") : "TCP",
    port: asNumber(target["port"]) ?? null,
    host: asText(target["host"]) ?? null,
    path: overHttp ? (asText(target["path"]) ?? "/") : "",
    header: asItems(target["httpHeaders"]).map((header) => ({
      name: asText(header["name"]) ?? null,
      value: asText(header["value"]) ?? null,
    })),
    failure_count_threshold: asNumber(probe["failureThreshold"]) ?? null,
    initial_delay: asNumber(probe["initialDelaySeconds"]) ?? null,
    interval_seconds: asNumber(probe["periodSeconds"]) ?? null,
    timeout: asNumber(probe["timeoutSeconds"]) ?? null,
    ...(type === "Readiness"
      ? { success_count_threshold: asNumber(probe["successThreshold"]) ?? null }
      : {
          termination_grace_period_seconds: asNumber(probe["terminationGracePeriodSeconds"]) ?? 0,
        }),
  };
}
