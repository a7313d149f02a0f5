package show

import (
	"strings"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/views/portal"
	"purse/views/ui"
)

// actionTexts say what happened, where the action's own name would not.
var actionTexts = map[string]string{
	account.ActSession: "Signed in", account.ActFailed: "Sign-in failed", account.ActThrottled: "Too many attempts",
	account.ActReset: "A new password was asked for", account.ActMailThrottled: "Too many mails were asked for",
	account.ActConfirmed: "Showed again who is there", account.ActConfirmFailed: "Failed to show who is there", account.ActKeyRefused: "An API key was refused",
	"user.password_changed": "Password changed", "user.email_changed": "E-mail address changed",
	"factor.added": "Second factor added", "factor.removed": "Second factor removed", "recovery_codes.made": "New recovery codes",
	"factor_rule.set":    "Whether members need a second factor",
	"factor_reset.asked": "Reset of second factors asked for", "factor_reset.cancelled": "Reset of second factors cancelled", "factor_reset.done": "Second factors taken away",
	"key.created": "API key made", "key.revoked": "API key revoked",
	"member.put": "Role given", "member.removed": "Removed from the team", "invitation.created": "Invited", "invitation.revoked": "Invitation taken back",
	"staff.invited": "Invited as staff", "staff.invitation_revoked": "Invitation of staff taken back", "staff.changed": "Role of staff changed", "staff.removed": "No longer staff",
	"admin_link.created": "Link for a new admin made", "admin.claimed": "Became an admin",
}

// ActionText is what an entry of the audit log says: acts of the doors in words,
// others by their name.
func ActionText(action string) string {
	if text := actionTexts[action]; text != "" {
		return text
	}
	return action
}

// LogGroups are the kinds that the security log can be limited to.
func LogGroups() []ui.Option {
	return []ui.Option{
		{Value: "", Text: "Everything"}, {Value: "sign_in", Text: "Signing in"}, {Value: "proof", Text: "“Is it you?”"}, {Value: "password", Text: "Passwords and addresses"},
		{Value: "factor", Text: "Second factors"}, {Value: "key", Text: "API keys"}, {Value: "role", Text: "Roles and invitations"}, {Value: "staff", Text: "Staff"},
	}
}

// SecurityActions are those of all groups.
func SecurityActions() (out []string) {
	for _, g := range LogGroups() {
		out = append(out, account.SecurityActions[g.Value]...)
	}
	return out
}

// Log shows entries; names are people by id.
func Log(entries []audit.Entry, names map[string]string) []portal.LogRow {
	named := func(id string) string {
		switch n := names[id]; {
		case strings.HasPrefix(id, "network:"): // the words beside it say which, while they are there
			return ""
		case n != "":
			return n
		}
		return id
	}
	out := make([]portal.LogRow, len(entries))
	for i, e := range entries {
		row := portal.LogRow{
			At: e.CreatedAt, Text: ActionText(e.Action), Actor: named(e.Actor.ID), Object: named(e.Object), Times: e.Times,
			Address: e.Actor.Address, Device: e.Actor.Device, Email: e.Email, Reason: e.Reason, Before: e.Before, After: e.After,
		}
		if row.Object == row.Actor || row.Object == row.Email {
			row.Object = ""
		}
		out[i] = row
	}
	return out
}
