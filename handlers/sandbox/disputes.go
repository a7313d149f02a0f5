package sandbox

func getDispute(c *call) (obj, *apiError) { return c.find("dispute", "dispute", "dispute") }

func listDisputes(c *call) (obj, *apiError) {
	return c.page("dispute", c.matches("charge", "payment_intent"))
}

// The texts of evidence by which test mode decides, as Stripe documents them.
const (
	winningEvidence  = "winning_evidence"
	losingEvidence   = "losing_evidence"
	escalateEvidence = "escalate_inquiry_evidence"
)

// updateDispute stages evidence, and submits it unless submit is false.
func updateDispute(c *call) (obj, *apiError) {
	d, err := c.find("dispute", "dispute", "dispute")
	if err != nil {
		return nil, err
	}
	evidence, _ := c.p.value("evidence").(obj)
	if disputeOver(d) && (evidence != nil || c.p.has("submit")) {
		return nil, bad("", "", "This dispute is already closed.")
	}
	if !disputeOpen(d) && evidence != nil {
		return nil, bad("", "", "This dispute's evidence was already submitted and can no longer be changed.")
	}
	held := d.sub("evidence")
	for _, name := range names(evidence) {
		held[name] = evidence.null(name)
	}
	details := d.sub("evidence_details")
	details["has_evidence"] = false
	for _, text := range held {
		if text != nil {
			details["has_evidence"] = true
		}
	}
	mergeMetadata(d, c.p)
	submit := evidence != nil
	if v, ok := c.p.flag("submit"); ok {
		submit = v
	}
	if submit && disputeOpen(d) {
		details["submission_count"] = details.num("submission_count") + 1
		d["status"] = map[string]string{"needs_response": "under_review", "warning_needs_response": "warning_under_review"}[d.str("status")]
	}
	c.s.store.put("dispute", d)
	c.emit("charge.dispute.updated", d)
	if submit {
		switch held.str("uncategorized_text") {
		case winningEvidence:
			c.decideDispute(d, true)
		case losingEvidence:
			c.decideDispute(d, false)
		case escalateEvidence:
			c.escalate(d)
		}
	}
	return d, nil
}

func disputeOpen(d obj) bool {
	return d.str("status") == "needs_response" || d.str("status") == "warning_needs_response"
}

func disputeOver(d obj) bool {
	switch d.str("status") {
	case "won", "lost", "warning_closed":
		return true
	}
	return false
}

// decideDispute is the bank's word. An inquiry that is won is closed; one that
// is lost becomes a chargeback first.
func (c *call) decideDispute(d obj, won bool) {
	inquiry := d.yes("is_charge_refundable")
	switch {
	case inquiry && won:
		d["status"] = "warning_closed"
	case inquiry:
		c.escalate(d)
		return
	case won:
		d["status"] = "won"
	default:
		d["status"] = "lost"
	}
	c.s.store.put("dispute", d)
	c.emit("charge.dispute.closed", d)
	if d.str("status") == "won" {
		c.s.reinstated(d)
		c.emit("charge.dispute.funds_reinstated", d)
	}
}

// escalate makes a chargeback of an inquiry.
func (c *call) escalate(d obj) {
	if !d.yes("is_charge_refundable") {
		return
	}
	d["is_charge_refundable"] = false
	d["status"] = "needs_response"
	d.sub("evidence_details")["due_by"] = c.s.unix() + 9*24*60*60
	c.s.store.put("dispute", d)
	c.s.withdrawn(d)
	c.emit("charge.dispute.updated", d)
	c.emit("charge.dispute.funds_withdrawn", d)
}

// closeDispute accepts a dispute: it is lost for good. An inquiry ends without
// the bank having taken anything.
func closeDispute(c *call) (obj, *apiError) {
	d, err := c.find("dispute", "dispute", "dispute")
	if err != nil {
		return nil, err
	}
	if disputeOver(d) {
		return nil, bad("", "", "This dispute is already closed.")
	}
	c.decideDispute(d, d.yes("is_charge_refundable"))
	return d, nil
}
