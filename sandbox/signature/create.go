package signature

import (
	"errors"

	"countersign/sandbox/auth"
	"countersign/sandbox/claim"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/policy"
	"countersign/sandbox/rule"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
)

// Signer says whose signatures are meant: those of a wallet, or all of a key.
type Signer struct{ WalletID, KeyID string }

// place is a signer that was found.
type place struct {
	key     keys.Key
	whose   keys.Delegation  // the key's
	wallets []custody.Wallet // that are built on the key, the signer first when it is one
	wallet  string           // the signer's ID when it is a wallet
	network string           // the wallet's, or ""
}

func (s Signer) find(tx *store.Tx) (place, error) {
	p := place{wallet: s.WalletID}
	if s.WalletID != "" {
		w, err := custody.FindWallet(tx, s.WalletID)
		if err != nil {
			return p, err
		}
		s.KeyID, p.network, p.wallets = w.SigningKey.ID, w.Network, []custody.Wallet{w}
	}
	var err error
	if p.key, err = keys.Get(tx, s.KeyID); err != nil {
		return p, err
	}
	if p.whose, err = keys.DelegationOf(tx, s.KeyID); err != nil {
		return p, err
	}
	all, err := custody.WalletsOf(tx, s.KeyID)
	for _, w := range all {
		if w.ID != p.wallet {
			p.wallets = append(p.wallets, w)
		}
	}
	return p, err
}

// shows tells whether a signature of the key's is one that the signer lists.
func (p place) shows(r record) bool { return p.wallet == "" || r.Wallet == p.wallet }

// scope is every wallet that the key signs for: a policy on any of them governs what the key
// signs, whichever wallet it is asked through.
func (p place) scope() policy.Scope {
	var scopes []policy.Scope
	for _, w := range p.wallets {
		scopes = append(scopes, policy.Scope{WalletID: w.ID, WalletTags: w.Tags})
	}
	if len(scopes) == 0 {
		return policy.Scope{}
	}
	scopes[0].Also = scopes[1:]
	return scopes[0]
}

// Create asks for a signature, unless its externalId already names one: then the same terms
// return that one as it is now, and other terms are a 409.
func (d *Desk) Create(caller auth.Caller, of Signer, raw []byte) (Signature, error) {
	body, err := signing.Parse(raw)
	if err != nil {
		return Signature{}, err
	}
	canonical, err := dfns.Canonical(raw)
	if err != nil {
		return Signature{}, err
	}
	var r record
	err = caller.Update(d.DB, func(tx *store.Tx) error {
		at, err := of.find(tx)
		if err != nil {
			return err
		}
		own := claim.Claim{Object: Subject, Terms: Subject + " " + of.WalletID + of.KeyID + " " + canonical}
		first, found, err := own.First(tx, body.ExternalID)
		if err != nil {
			return err
		}
		if found {
			r, err = store.Get[record](tx, Subject, first)
			return err
		}
		if _, err := keys.GetUsable(tx, at.key.ID); err != nil {
			return err
		}
		if err := at.whose.Admit(caller, at.key.ID); err != nil {
			return err
		}
		on, err := d.check(at, body)
		if err != nil {
			return err
		}
		r = record{Wallet: at.wallet, Signature: Signature{ID: dfns.NewID("sig"), KeyID: at.key.ID,
			Requester:   custody.Requester{UserID: caller.User.UserID, TokenID: caller.TokenID},
			RequestBody: body.Raw, Network: on, DateRequested: dfns.At(d.Now()), ExternalID: body.ExternalID}}
		return errors.Join(d.govern(tx, at, &r), own.Put(tx, body.ExternalID, r.ID))
	})
	return r.Signature, err
}

// check says why the key cannot sign that there, or for which network it does.
func (d *Desk) check(at place, body signing.Body) (string, error) {
	on := at.network
	if on == "" {
		on = body.Network
	} else if body.Network != "" && body.Network != on {
		return "", dfns.BadRequest("network must be the wallet's, %s, not %s", on, body.Network)
	}
	if on == "" {
		return "", body.Check(at.key.Scheme, false)
	}
	n, err := d.Networks.Find(on)
	if err != nil {
		return "", err
	}
	if id := body.ChainID(); n.Family == network.EVM && id != nil && (!id.IsUint64() || id.Uint64() != n.ChainID) && body.Kind == "Transaction" {
		return "", dfns.BadRequest("transaction is for chain %s, not for %s, which is chain %d", id, on, n.ChainID)
	}
	return on, body.Check(at.key.Scheme, n.Family == network.EVM)
}

// govern lets the policies decide the first status of a new signature, and makes it when
// nothing stands in its way. Rules that read what moves can read nothing of it, and trigger.
func (d *Desk) govern(tx *store.Tx, at place, r *record) error {
	ruling, err := d.judge(tx, at, *r)
	if err != nil {
		return err
	}
	r.Status, r.ApprovalID = "Executing", ruling.ApprovalID
	switch {
	case ruling.BlockedBy != "":
		r.Status, r.Reason, r.DatePolicyResolved = Rejected, "blocked by policy "+ruling.BlockedBy, dfns.At(d.Now())
	case ruling.ApprovalID != "":
		r.Status = Pending
	}
	if err := errors.Join(d.announce(tx, "requested", *r), d.Gate.Record(tx, ruling, activity(*r))); err != nil {
		return err
	}
	if r.Status == "Executing" {
		return d.sign(tx, r)
	}
	return d.save(tx, *r)
}

// judge asks the policies, which a delegated key has none of: its owner alone decides.
func (d *Desk) judge(tx *store.Tx, at place, r record) (gate.Ruling, error) {
	if at.whose.To != "" {
		return gate.Ruling{}, nil
	}
	return d.Gate.Judge(tx, gate.Case{Kind: policy.Sign, Subject: Subject, SubjectID: r.ID,
		Initiator: r.Requester.UserID, Scope: at.scope(), Movement: rule.Movement{Network: r.Network, Hex: true}})
}
