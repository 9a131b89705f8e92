// Package tracing tells an OpenTelemetry collector what is done about single deliveries, over OTLP and HTTP.
//
//	receive ─▶ digest ─▶ confirm ─▶ decide ─▶ act ─▶ step
//	                       └─ call             └─ call
//
// It is off unless OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says where the collector
// is. OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and the exporter's own variables mean
// what OpenTelemetry's specification says. Nothing waits for the collector: what it does not take in time is
// dropped. Attributes are ids, counts and codes; there is nothing in them about people.
package tracing
