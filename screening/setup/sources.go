package setup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"countersign/chain"
	"countersign/screening"
	"countersign/screening/lists"
	oracles "countersign/screening/oracle"
	"countersign/screening/vendors"
	"countersign/screening/web"
)

func (b *builder) list(path string, l list) {
	c := lists.Config{
		Name: l.Name, Format: lists.Format(l.Format),
		Layout:           lists.Layout{Column: l.Column, LabelColumn: l.LabelColumn},
		MaxShrinkPercent: l.MaxShrinkPercent, MaxBytes: l.MaxBytes,
		Verdict: screening.Verdict(l.Verdict), Category: l.Category,
		OnlyEVM: l.OnlyEVM, PrivateNetwork: l.PrivateNetwork,
	}
	if l.MaxAge == "" {
		b.add(path+"max_age", errors.New("is required"))
	}
	c.MaxAge = 1 // said already
	if l.MaxAge != "" {
		c.MaxAge = b.duration(path+"max_age", l.MaxAge)
	}
	before := len(b.errs)
	c.Places = append(c.Places, b.place(path, "", l.File, l.URL))
	switch {
	case c.Format.Parts() == 2:
		c.Places = append(c.Places, b.place(path, "comments_", l.CommentsFile, l.CommentsURL))
	case l.CommentsFile != "" || l.CommentsURL != "":
		b.add(path+"comments_file", errors.New("and comments_url are for ofac_csv only"))
	}
	wrong := len(b.errs) > before
	source, err := lists.New(c)
	if err != nil {
		b.addAll(path, err)
	} else if !wrong {
		b.source(path, l.Name, source)
	}
}

// place is the one of a file and a URL that is given. What is returned beside a mistake
// is a place that nobody complains of again.
func (b *builder) place(path, prefix, file, url string) string {
	switch {
	case (file == "") == (url == ""):
		b.add(path+prefix+"file", fmt.Errorf("give either %sfile or %surl", prefix, prefix))
	case url != "":
		if _, err := web.CheckURL(url); err != nil {
			b.add(path+prefix+"url", err)
			break
		}
		return url
	case strings.Contains(file, "://"):
		b.add(path+prefix+"file", fmt.Errorf("is a URL: give it as %surl", prefix))
	default:
		if info, err := os.Stat(b.path(file)); err != nil {
			b.add(path+prefix+"file", err)
		} else if info.IsDir() {
			b.add(path+prefix+"file", fmt.Errorf("%s is a directory", file))
		}
		return b.path(file)
	}
	return "none"
}

func (b *builder) oracle(path string, o oracle) {
	c := oracles.Config{Name: o.Name, Network: o.Network, Contract: o.Contract}
	switch o.OtherAddresses {
	case "", "unknown":
	case "not_covered":
		c.OthersNotCovered = true
	default:
		b.add(path+"other_addresses", fmt.Errorf("%.40q is neither unknown nor not_covered", o.OtherAddresses))
	}
	nodes, err := chain.LoadNodes(b.path(o.NodesFile))
	switch {
	case o.NodesFile == "":
		b.add(path+"nodes_file", errors.New("is required"))
	case err != nil:
		b.add(path+"nodes_file", err)
	}
	c.Caller = nodes
	source, err := oracles.New(c)
	if err != nil {
		b.addAll(path, err)
		return
	}
	b.source(path, o.Name, source)
}

func (b *builder) vendor(path string, v vendor) {
	c := vendors.Config{
		Name: v.Name, Vendor: vendors.Vendor(v.Vendor), BaseURL: v.BaseURL,
		Key: b.secret(path+"key_file", v.KeyFile), Secret: b.secret(path+"secret_file", v.SecretFile),
		ReviewAt: v.ReviewAt, HitAt: v.HitAt, Chains: v.Chains,
		CustomerReference: v.CustomerReference, PerSecond: v.RequestsPerSecond,
	}
	source, err := vendors.New(c)
	if err != nil {
		b.addAll(path, err)
		return
	}
	b.source(path, v.Name, source)
}
