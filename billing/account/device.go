package account

import (
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// DeviceLimit is how long a browser is known after somebody signed in there last.
const DeviceLimit = 400 * 24 * time.Hour

// devicePrefix begins the secrets by which browsers are known again.
const devicePrefix = "dev_"

// markDevice writes that a person has signed in in a browser, and answers the
// secret that it keeps to be known by. One that it brought is kept only when it is
// ours.
func (s *Service) markDevice(t tx.Tx, userID string, from From) (secret string, err error) {
	secret = from.Device
	if secret != "" {
		ours, err := s.Store.HasDevice(t, hashSecret(secret), "")
		if err != nil {
			return "", err
		}
		if !ours {
			secret = ""
		}
	}
	if secret == "" {
		secret = id.Secret(devicePrefix)
	}
	return secret, s.Store.PutDevice(t, hashSecret(secret), userID, t.Now())
}

// tries are the names under which a try to sign in is counted: of a browser in
// which the person has signed in before, its own alone; else what everybody shares
// who tries this account or comes from this network.
func (s *Service) tries(t tx.Tx, u User, email string, from From) ([]counted, error) {
	if from.Device != "" && u.ID != "" {
		known, err := s.Store.HasDevice(t, hashSecret(from.Device), u.ID)
		if err != nil {
			return nil, err
		}
		if known {
			return []counted{{throttleName("device", from.Device+u.ID), perAccount}}, nil
		}
	}
	return []counted{{throttleName("account", email), perAccount}, {throttleName("address", Network(from.Address)), perAddress}}, nil
}
