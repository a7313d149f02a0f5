package sandbox

// fresh makes an object of a kind: id, object, created, livemode and null in
// every field that Stripe's description calls nullable.
func (c *call) fresh(kind string) obj { return c.s.fresh(kind) }

func (s *Server) fresh(kind string) obj {
	o := obj{}
	for _, f := range nullable[kind] {
		o[f] = nil
	}
	o["id"] = idOf(kind)
	o["object"] = kind
	o["created"] = s.unix()
	o["livemode"] = false
	return o
}

// find is the object of that kind that the path names.
func (c *call) find(kind, thing, param string) (obj, *apiError) {
	if o := c.s.store.get(kind, c.id); o != nil {
		return o, nil
	}
	return nil, noSuch(thing, c.id, param, true)
}

// named is the object that a parameter names, nil when it was not given.
func (c *call) named(kind, thing, param string) (obj, *apiError) {
	id := c.p.str(param)
	if id == "" {
		return nil, nil
	}
	if o := c.s.store.get(kind, id); o != nil && !o.yes("deleted") {
		return o, nil
	}
	return nil, noSuch(thing, id, param, false)
}

// emit writes an event about an object, caused by this call.
func (c *call) emit(typ string, o obj) {
	c.s.emit(typ, o, obj{"id": c.reqID, "idempotency_key": nullText(c.key)})
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// copyFields sets fields from the parameters that were given.
func copyFields(o, p obj, fields ...string) {
	for _, f := range fields {
		if _, ok := p[f]; ok {
			v := p.value(f)
			if v == "" {
				v = nil
			}
			o[f] = v
		}
	}
}
