package mail

import "purse/views/ui"

// factorLetter tells a person what was done to the second factors.
func factorLetter(site ui.Site, data map[string]string, link string) Letter {
	l := Letter{Preview: "If this was not you, act now.", Button: "Look at it", Link: link}
	switch data["what"] {
	case "added":
		l.Heading, l.Says = "A second factor was added", []string{"“" + data["name"] + "” can be used to sign in at " + site.Brand + " now."}
	case "removed":
		l.Heading, l.Says = "A second factor was removed", []string{"“" + data["name"] + "” no longer signs in at " + site.Brand + "."}
	case "codes":
		l.Heading, l.Says = "New recovery codes were made", []string{"Your old recovery codes at " + site.Brand + " no longer work."}
	case "reset_asked":
		l.Heading, l.Says = "Somebody asked to take your second factors away", []string{
			"They said that you have lost them. On " + data["name"] + " they are taken away, and the password alone signs in.",
			"If you have not lost them, sign in and choose “Keep them”.",
		}
		l.Button = "Keep them"
	default:
		l.Heading, l.Says = "Your second factors were taken away", []string{
			"The password alone signs in at " + site.Brand + " now. Your sessions have ended.", "If you did not ask for this, sign in, change the password and add a second factor at once.",
		}
	}
	l.Subject = l.Heading + " at " + site.Brand
	return l
}
