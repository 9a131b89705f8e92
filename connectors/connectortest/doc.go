// Package connectortest is the conformance suite: what every connector passes to be listed, whatever its
// platform. A connector brings a Fixture, the suite plays on it:
//
//	          ┌──────────── suite ────────────┐
//	webhooks  │  signatures, golden bodies    │
//	  ┌───────┤  deliveries                   ├──────────┐
//	  │       └───────────────────────────────┘          │
//	simulated shop ◀── Faults (a proxy of the suite) ◀── connector ◀── the pipeline, on SQLite and
//	  │                                                                 on PostgreSQL
//	  └── its vault: what the shop really holds
//
// State belongs to each platform's simulated shop, trouble to the suite: Faults stands between the connector
// and the shop's API and breaks one call at a time, before or after its effect. So no simulated shop can
// forget a trouble, and none has to be written twice.
//
// # For a connector
//
//	func TestConformance(t *testing.T) {
//		connectortest.Run(t, connectortest.Fixture{
//			Open:  func(e connectors.Environment) (connectortest.Connector, error) { return Open(e) },
//			Start: xtest.Simulate, Writes: connectortest.WritesByMethod, Golden: "testdata/webhooks",
//			Signing: connectortest.Signing{Header: "X-Signature", Setting: "GRAPEVINE_X_SECRETS", Sign: sign},
//		})
//	}
//
// The package defines the flag -update, which writes golden files anew. The test's own package must not.
package connectortest
