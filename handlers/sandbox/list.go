package sandbox

// page answers a list of one kind, newest first, as Stripe pages it. keep may
// be nil.
func (c *call) page(kind string, keep func(obj) bool) (obj, *apiError) {
	all := c.s.store.all(kind)
	rows := make([]obj, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		rows = append(rows, all[i].body)
	}
	return c.pageOf(rows, keep)
}

// pageOf does the same for rows that are in order.
func (c *call) pageOf(rows []obj, keep func(obj) bool) (obj, *apiError) {
	limit := int64(10)
	if v, ok := c.p.integer("limit"); ok {
		if v < 1 || v > 100 {
			return nil, bad("parameter_invalid_integer", "limit", "This value must be between 1 and 100 (it currently is '%d').", v)
		}
		limit = v
	}
	var found []obj
	created := c.p.value("created")
	for _, o := range rows {
		if inRange(o.num("created"), created) && (keep == nil || keep(o)) {
			found = append(found, o)
		}
	}
	after, before := c.p.str("starting_after"), c.p.str("ending_before")
	if after != "" && before != "" {
		return nil, bad("", "", "You cannot specify both starting_after and ending_before.")
	}
	more := false
	switch {
	case after != "":
		i := indexOf(found, after)
		if i < 0 {
			return nil, noSuch("object", after, "starting_after", false)
		}
		found = found[i+1:]
	case before != "":
		i := indexOf(found, before)
		if i < 0 {
			return nil, noSuch("object", before, "ending_before", false)
		}
		found = found[:i]
		if int64(len(found)) > limit {
			found, more = found[int64(len(found))-limit:], true
		}
	}
	if int64(len(found)) > limit {
		found, more = found[:limit], true
	}
	data := make([]any, len(found))
	for i, o := range found {
		data[i] = o
	}
	return obj{"object": "list", "data": data, "has_more": more, "url": c.r.URL.Path}, nil
}

func indexOf(rows []obj, id string) int {
	for i, o := range rows {
		if o.id() == id {
			return i
		}
	}
	return -1
}

// inRange applies created=… or created[gt|gte|lt|lte]=….
func inRange(created int64, want any) bool {
	switch want := want.(type) {
	case int64:
		return created == want
	case obj:
		for op, v := range want {
			n, ok := v.(int64)
			if !ok {
				continue
			}
			if (op == "gt" && created <= n) || (op == "gte" && created < n) ||
				(op == "lt" && created >= n) || (op == "lte" && created > n) {
				return false
			}
		}
	}
	return true
}

// matches makes a filter out of those of the named parameters that were given.
func (c *call) matches(fields ...string) func(obj) bool {
	wanted := obj{}
	for _, f := range fields {
		if v := c.p.null(f); v != nil {
			wanted[f] = v
		}
	}
	return func(o obj) bool {
		for f, v := range wanted {
			if o[f] != v {
				return false
			}
		}
		return true
	}
}
