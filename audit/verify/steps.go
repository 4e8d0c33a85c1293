package verify

import "countersign/audit/verify/rows"

// once checks that a step of an approval is not told again under another key.
func (v *verifier) once(r *rows.Row, code FaultCode, fault faulter) {
	if at, told := v.steps.Told(r, v.used); told {
		fault(code, "it is told at index %d already, under another key: %.80q", at, r.Facts.Approval)
	}
}

// custody counts what a post shows of the custodian's own signature.
func (v *verifier) custody(r *rows.Row, fault faulter) {
	switch r.Custody {
	case rows.Proven:
		if at, again := v.steps.Answered(r); again {
			fault(CustodianSig, "the user action in its receipt answers the challenge that proves the post at index %d", at)
			return
		}
		v.report.CustodianProofs++
	case rows.Without:
		v.report.CustodianUnproven++
	case rows.Disproven:
		fault(CustodianSig, "the custodian's credential has not signed the user action in its receipt")
	case rows.NotAsked:
	}
}

// whileHalted checks that a verdict was not given where machines were halted, as far as what is read shows.
func (v *verifier) whileHalted(r *rows.Row, fault faulter) {
	if v.from > 0 {
		v.report.Unproven.Halts++
	}
	switch why, err := v.steps.Halted(r); {
	case err != nil:
		fault(BodyUnclear, "what it says of wallet, books and rules: %v", err)
	case why != "":
		fault(HaltedIgnored, "%s", why)
	}
}
