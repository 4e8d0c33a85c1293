package services

import (
	"context"
	"slices"
	"strings"

	"countersign"
	"countersign/screening"
)

// Screened says whether addresses are screened in this deployment.
func (d *Desk) Screened() bool { return d.services.Screener != nil || d.tape != nil && d.tape.screened }

// Screen looks addresses up on sanctions lists and at providers. Whatever the rule
// says then, it cannot approve unless each of them is clear: with a hit the ground is
// screening_hit, with something to review screening_review, and where anybody did not
// answer, or a list is stale, screening_unavailable. Only a hit is a ground to reject.
func (d *Desk) Screen(ctx context.Context, addresses ...string) screening.Report {
	addresses = slices.Clone(addresses)
	slices.Sort(addresses)
	addresses = slices.Compact(addresses)
	if len(addresses) == 0 {
		nobody := screening.Report{Verdict: screening.Unknown}
		d.believe(nobody)
		return nobody
	}
	return d.screen(ctx, screened{Network: d.approval.Activity.Network, Addresses: addresses})
}

func (d *Desk) screen(ctx context.Context, asked screened) screening.Report {
	queries := make([]screening.Query, len(asked.Addresses))
	for i, a := range asked.Addresses {
		queries[i] = screening.Query{Network: asked.Network, Address: a, At: d.now}
	}
	report := ask(ctx, d, screeningService, "screening", asked, func(ctx context.Context) (screening.Report, error) {
		if d.services.Screener == nil {
			return screening.Report{}, errMissing
		}
		return d.services.Screener.Screen(ctx, queries), nil
	})
	if report.Verdict == "" {
		report.Verdict = screening.Unknown // said already
	}
	d.believe(report)
	return report
}

// believe keeps an approval from standing on anything but a clear report.
func (d *Desk) believe(report screening.Report) {
	because := func(v screening.Verdict) string {
		for _, f := range report.Findings {
			if f.Verdict == v {
				return strings.Join(strings.Fields(f.Address+": "+f.Source+" "+f.Entry+" "+f.Detail), " ")
			}
		}
		return ""
	}
	switch report.Verdict {
	case screening.Clear:
	case screening.Hit:
		d.doubtful(countersign.ScreeningHit, "screening: %.400s", because(screening.Hit))
	case screening.Review:
		d.doubtful(countersign.ScreeningReview, "screening: %.400s", because(screening.Review))
	default:
		d.doubtful(countersign.ScreeningUnavailable, "screening: nobody can say that it is clear: %.300s", because(screening.Unknown))
	}
}
