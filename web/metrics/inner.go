package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"grapevine/webhooks"
)

// inner is a collector of what the handle on the database counts itself. Nothing has to be asked for it.
type inner struct {
	stats Stats

	decided, refused, listens, leads *prometheus.Desc
	connections, waits, waited       *prometheus.Desc
}

func newInner(s Stats) *inner {
	return &inner{
		stats:       s,
		decided:     desc("event_decision_lag_seconds", "Time from a webhook's arrival until its order was judged, for orders that have to be read from the shop."),
		refused:     desc("late_writes_refused_total", "Writes of this process that the database refused because another process had taken the shop over."),
		listens:     desc("listening", "1 where the news of other processes arrive at once, 0 where they should and only the clock wakes this one, whatever the reason; absent where nobody wants them."),
		leads:       desc("leader", "1 in the process that does the periodic work."),
		connections: desc("database_connections", "Connections to the database by pool and state: open, in_use, max.", "pool", "state"),
		waits:       desc("database_connection_waits_total", "How often somebody had to wait for a connection.", "pool"),
		waited:      desc("database_connection_wait_seconds_total", "How long all who had to wait for a connection did, together.", "pool"),
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("grapevine_"+name, help, labels, nil)
}

// Describe lists what is collected.
func (c *inner) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.decided, c.refused, c.listens, c.leads, c.connections, c.waits, c.waited} {
		ch <- d
	}
}

// Collect sends it.
func (c *inner) Collect(ch chan<- prometheus.Metric) {
	in := c.stats.Inner()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	ch <- lags(c.decided, in.Decided)
	send(c.refused, prometheus.CounterValue, float64(in.Refused))
	send(c.leads, prometheus.GaugeValue, truth(in.Leads))
	if in.Listens || in.Deaf { // an SQLite file has no other processes, and who only receives wants no news
		send(c.listens, prometheus.GaugeValue, truth(in.Listens))
	}
	for _, p := range in.Pools {
		send(c.connections, prometheus.GaugeValue, float64(p.Open), p.Name, "open")
		send(c.connections, prometheus.GaugeValue, float64(p.InUse), p.Name, "in_use")
		send(c.connections, prometheus.GaugeValue, float64(p.Max), p.Name, "max")
		send(c.waits, prometheus.CounterValue, float64(p.Waits), p.Name)
		send(c.waited, prometheus.CounterValue, p.WaitedFor.Seconds(), p.Name)
	}
}

func lags(d *prometheus.Desc, l webhooks.Lags) prometheus.Metric {
	buckets := map[float64]uint64{}
	for i, upper := range l.Upper {
		buckets[upper] = l.Count[i]
	}
	return prometheus.MustNewConstHistogram(d, l.Total, l.Sum, buckets)
}

func truth(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}
