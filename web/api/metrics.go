package api

import (
	"context"
	"net/http"
	"strconv"

	"grapevine/rewards"
)

// showMetrics answers with the figures of a shop.
func (a *API) showMetrics(ctx context.Context, c call) (answer, error) {
	f, err := figureFilter(c.query)
	if err != nil {
		return answer{}, err
	}
	report, err := a.figures.Figures(ctx, c.shop, f)
	if rewards.CodeOf(err) == "bad_range" {
		return answer{}, badParameter("to", "out_of_range", "makes no report with the other parameters: there are no such days, or too many to be told apart")
	}
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, FigureView(report)}, nil
}

// figureFilter reads what is asked for.
func figureFilter(q query) (f rewards.FigureFilter, err error) {
	for name, date := range map[string]*rewards.Date{"from": &f.From, "to": &f.To} {
		v := q.get(name)
		if v == "" {
			continue
		}
		if *date, err = rewards.ParseDate(v); err != nil {
			return f, badParameter(name, "malformed", "has to be a day like 2026-03-01")
		}
	}
	if f.By, err = oneOf(q, "by", rewards.Groupings); err != nil {
		return f, err
	}
	if v := q.get("top"); v != "" {
		if f.Top, err = strconv.Atoi(v); err != nil || f.Top < 1 {
			return f, badParameter("top", "malformed", "has to be a number above zero")
		}
	}
	if f.Quick, err = q.yes("quick"); err != nil {
		return f, err
	}
	f.Program, err = q.match("program", programForm)
	return f, err
}

// showExperiment compares the variants of a programme.
func (a *API) showExperiment(ctx context.Context, c call) (answer, error) {
	e, err := a.figures.Experiment(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewExperiment(e)}, nil
}
