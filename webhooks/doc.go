// Package webhooks is the pipeline: a signed webhook in, a decision stored, an action in the shop out.
//
//	POST ─▶ Gate ─▶ Committer ─▶ events row (raw bytes, deduplicated, fsynced) ─▶ 200
//	                                 │ Digester: many events, one transaction
//	                                 ├─ no code of ours: order recorded, event done
//	                                 └─ a code of ours: confirm job ─▶ event confirming
//	                                        │ Lane: one shop at a time, in order, within its pace
//	                                        ├─ confirm: read the order, then Decide: many orders, one transaction
//	                                        └─ fulfil, offer, codes: count the try, ask the shop first where a
//	                                           try may have worked, act, store the answer
//
// Nothing leaves inside a transaction. The package declares what it needs of storage and of a platform
// (ports.go) and knows neither.
package webhooks
