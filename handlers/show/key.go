package show

import (
	"strings"

	"purse/billing/account"
	"purse/views/ui"
)

// Key shows an API key; by is who made it, in words.
func Key(k account.Key, by string) ui.Key {
	var scopes []string
	for _, s := range k.Scopes {
		switch s {
		case account.ScopeUsage:
			scopes = append(scopes, "report usage")
		case account.ScopeRead:
			scopes = append(scopes, "read")
		case account.ScopeAdmin:
			scopes = append(scopes, "everything")
		}
	}
	return ui.Key{
		ID: k.ID, Prefix: k.Prefix, Name: k.Name, Scopes: strings.Join(scopes, ", "), By: by,
		Created: k.CreatedAt, Used: k.LastUsedAt, Revoked: k.RevokedAt,
	}
}
