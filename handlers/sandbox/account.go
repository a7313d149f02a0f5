package sandbox

func getAccount(c *call) (obj, *apiError) { return c.s.account(), nil }

func (s *Server) account() obj {
	return obj{"id": s.setting("account"), "object": "account", "business_profile": obj{"name": s.opts.Merchant, "url": nil},
		"business_type": "company", "capabilities": obj{"card_payments": "active", "transfers": "active"},
		"charges_enabled": true, "country": "US", "default_currency": "usd", "details_submitted": true, "email": nil,
		"metadata": obj{}, "payouts_enabled": true, "type": "standard"}
}

// getBalance adds up what was charged and not refunded.
func getBalance(c *call) (obj, *apiError) {
	sums := map[string]int64{"usd": 0}
	for _, r := range c.s.store.all("charge") {
		if r.body.yes("paid") {
			sums[r.body.str("currency")] += r.body.num("amount") - r.body.num("amount_refunded")
		}
	}
	available, pending := []any{}, []any{}
	for currency, n := range sums {
		available = append(available, obj{"amount": n, "currency": currency, "source_types": obj{"card": n}})
		pending = append(pending, obj{"amount": int64(0), "currency": currency, "source_types": obj{"card": int64(0)}})
	}
	return obj{"object": "balance", "available": available, "pending": pending, "livemode": false}, nil
}
