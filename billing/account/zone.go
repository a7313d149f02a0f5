package account

import (
	"sync"
	"time"
)

var zones sync.Map // name → *time.Location: loading one reads a file

// Zone is the time zone of a name, UTC where there is none of it.
func Zone(name string) *time.Location {
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC // not kept: anybody may send names
	}
	zones.Store(name, l)
	return l
}
