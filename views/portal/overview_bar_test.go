package portal

import (
	"testing"

	"purse/views/ui"
)

// TestAGrantsBarShowsWhatIsLeft: a full lot is a full bar, and one that is used up an
// empty one.
func TestAGrantsBarShowsWhatIsLeft(t *testing.T) {
	g := Grant{Amount: 100, Left: 60, Held: 10, Used: 30, Expired: 10}
	want := []ui.Segment{{Class: "left", Part: 50}, {Class: "held", Part: 10}}
	got := g.segments()
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v, want %+v", got, want)
	}
}
