package sandbox

func getAccount(c *call) (obj, *apiError) { return c.s.account(), nil }

func (s *Server) account() obj {
	return obj{"id": s.setting("account"), "object": "account", "business_profile": obj{"name": s.opts.Merchant, "url": nil},
		"business_type": "company", "capabilities": obj{"card_payments": "active", "transfers": "active"},
		"charges_enabled": true, "country": "US", "default_currency": "usd", "details_submitted": true, "email": nil,
		"metadata": obj{}, "payouts_enabled": true, "type": "standard"}
}
