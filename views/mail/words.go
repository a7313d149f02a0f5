package mail

import (
	"maps"
	"regexp"
	"strings"
	"unicode/utf8"
)

// peoplesWords are the data in which customers and their people put words of their
// own. A mail of ours may go to somebody else, so they cannot carry links into it.
var peoplesWords = []string{"customer", "description", "po_number", "caller"}

// mostOfAName is how much of such words a mail shows, in characters.
const mostOfAName = 100

// addressDot is a dot that mail programs could take for one of an address.
var addressDot = regexp.MustCompile(`(\S)[.\x{3002}\x{FF0E}\x{FF61}](\p{L})`)

// unlinked writes people's words so that no mail program makes a link of them: the
// dots of what looks like an address are one dot leaders, which read the same.
func unlinked(s string) string {
	if utf8.RuneCountInString(s) > mostOfAName {
		s = string([]rune(s)[:mostOfAName-1]) + "…"
	}
	s = strings.ReplaceAll(s, "://", " ")
	for again := ""; again != s; { // neighbours overlap: a.b.c
		again, s = s, addressDot.ReplaceAllString(s, "$1\u2024$2")
	}
	return strings.ReplaceAll(s, "mailto:", "mailto ")
}

// withoutLinks is data whose words of people carry no links.
func withoutLinks(data map[string]string) map[string]string {
	out := maps.Clone(data)
	for _, key := range peoplesWords {
		if v, ok := out[key]; ok {
			out[key] = unlinked(v)
		}
	}
	return out
}
