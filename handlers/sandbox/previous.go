package sandbox

import (
	"reflect"
	"strings"
)

// previous is what `previous_attributes` of an *.updated event says: the values
// that changed, as they were before. What an event told of an object counts as
// known, so a second event tells what changed since the first.
func (s *Server) previous(typ string, now obj) obj {
	k := rowKey{now.str("object"), now.id()}
	before, told := s.store.told[k]
	s.store.told[k] = now
	if !strings.HasSuffix(typ, ".updated") {
		return nil
	}
	if !told {
		was, _, err := s.store.written(k)
		if err != nil {
			s.log.Error("sandbox: an event lacks what was before", "error", err)
		}
		before = was.public()
	}
	return changes(before, now)
}

// changes are the fields of before that now has otherwise. Of objects inside it
// only what changed, of lists all; what is new was null.
func changes(before, now obj) obj {
	out := obj{}
	for name, v := range before {
		old, isObj := v.(obj)
		if new, both := now[name].(obj); both && isObj {
			if inner := changes(old, new); len(inner) > 0 {
				out[name] = inner
			}
		} else if !reflect.DeepEqual(v, now[name]) {
			out[name] = v
		}
	}
	for name := range now {
		if _, there := before[name]; !there {
			out[name] = nil
		}
	}
	return out
}
