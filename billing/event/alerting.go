package event

// The types of events about levels and limits.
const (
	CreditsExpiring   = "credits.expiring"
	BalanceLow        = "balance.low"
	UsageAnomaly      = "usage.anomaly"
	LimitReached      = "limit.reached"
	LimitReset        = "limit.reset"
	EntitlementChange = "entitlement.changed"
)
