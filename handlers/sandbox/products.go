package sandbox

import (
	"slices"
	"strconv"
)

func createProduct(c *call) (obj, *apiError) {
	if id := c.p.str("id"); id != "" && c.s.store.get("product", id) != nil {
		return nil, bad("resource_already_exists", "id", "Product already exists.")
	}
	o := c.newProduct(c.p)
	c.s.store.put("product", o)
	c.emit("product.created", o)
	if data := c.p.sub("default_price_data"); data != nil {
		return c.defaultPrice(o, data)
	}
	return o, nil
}

// defaultPrice makes the price of default_price_data.
func (c *call) defaultPrice(product, data obj) (obj, *apiError) {
	const at = "default_price_data"
	if err := checkCurrency(data.str("currency"), at+"[currency]"); err != nil {
		return nil, err
	}
	amount, err := unitAmount(data, at)
	if err != nil {
		return nil, err
	}
	price := c.newPrice(product, data, amount)
	c.s.store.put("price", price)
	c.emit("price.created", price)
	product["default_price"] = price.id()
	c.s.store.put("product", product)
	return product, nil
}

// newProduct makes a product of parameters or of product_data.
func (c *call) newProduct(p obj) obj {
	o := c.fresh("product")
	o["id"] = p.or("id", o["id"])
	o["active"] = p.or("active", true)
	o["features"] = p.or("features", []any{})
	o["images"] = p.or("images", []any{})
	o["name"] = p.str("name")
	o["updated"] = o["created"]
	o["metadata"] = p.metadata()
	copyFields(o, p, "description", "tax_code", "unit_label", "url", "statement_descriptor", "shippable", "package_dimensions")
	return o
}

func getProduct(c *call) (obj, *apiError) { return c.find("product", "product", "id") }

func updateProduct(c *call) (obj, *apiError) {
	o, err := c.find("product", "product", "id")
	if err != nil {
		return nil, err
	}
	if id := c.p.str("default_price"); id != "" {
		if price := c.s.store.get("price", id); price == nil || price.str("product") != o.id() {
			return nil, noSuch("price", id, "default_price", false)
		}
	}
	copyFields(o, c.p, "name", "active", "description", "tax_code", "unit_label", "url", "statement_descriptor", "shippable", "package_dimensions", "default_price")
	for _, f := range []string{"features", "images"} {
		if _, sent := c.p[f]; sent {
			o[f] = c.p.or(f, []any{})
		}
	}
	mergeMetadata(o, c.p)
	o["updated"] = c.s.unix()
	c.s.store.put("product", o)
	c.emit("product.updated", o)
	return o, nil
}

func listProducts(c *call) (obj, *apiError) {
	match, ids := c.matches("active", "shippable", "url"), c.p.list("ids")
	return c.page("product", func(o obj) bool { return match(o) && (len(ids) == 0 || slices.Contains(ids, o["id"])) })
}

func createPrice(c *call) (obj, *apiError) {
	product, err := c.named("product", "product", "product")
	if err != nil {
		return nil, err
	}
	data := c.p.sub("product_data")
	if product == nil && data == nil {
		return nil, parameterMissing("product")
	}
	if err := checkCurrency(c.p.str("currency"), "currency"); err != nil {
		return nil, err
	}
	amount, err := unitAmount(c.p, "")
	if err != nil {
		return nil, err
	}
	if product == nil {
		product = c.newProduct(data)
		c.s.store.put("product", product)
		c.emit("product.created", product)
	}
	o := c.newPrice(product, c.p, amount)
	c.s.store.put("price", o)
	c.emit("price.created", o)
	return o, nil
}

// unitAmount reads unit_amount or a whole unit_amount_decimal.
func unitAmount(p obj, path string) (int64, *apiError) {
	n, ok := p.integer("unit_amount")
	if s := p.str("unit_amount_decimal"); ok && s != "" {
		return 0, bad("", join(path, "unit_amount_decimal"), "You may only specify one of these parameters: unit_amount, unit_amount_decimal.")
	} else if s != "" {
		var err error
		n, err = strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, bad("parameter_invalid_string", join(path, "unit_amount_decimal"), "The sandbox takes whole minor units only: %s", s)
		}
		ok = true
	}
	if !ok {
		return 0, parameterMissing(join(path, "unit_amount"))
	}
	if n < 0 {
		return 0, bad("parameter_invalid_integer", join(path, "unit_amount"), "This value must be greater than or equal to 0.")
	}
	if n > maxAmount {
		return 0, bad("amount_too_large", join(path, "unit_amount"), "This value must be less than or equal to %d.", maxAmount)
	}
	return n, nil
}

func (c *call) newPrice(product, p obj, amount int64) obj {
	o := c.fresh("price")
	o["active"] = p.or("active", true)
	o["billing_scheme"] = "per_unit"
	o["currency"] = lower(p.str("currency"))
	o["product"] = product.id()
	o["tax_behavior"] = p.or("tax_behavior", "unspecified")
	o["type"] = "one_time"
	o["unit_amount"] = amount
	o["unit_amount_decimal"] = strconv.FormatInt(amount, 10)
	o["metadata"] = p.metadata()
	copyFields(o, p, "lookup_key", "nickname")
	return o
}

func getPrice(c *call) (obj, *apiError) { return c.find("price", "price", "price") }

func updatePrice(c *call) (obj, *apiError) {
	o, err := c.find("price", "price", "price")
	if err != nil {
		return nil, err
	}
	if on, ok := c.p.flag("active"); ok && !on && c.s.store.get("product", o.str("product")).str("default_price") == o.id() {
		return nil, bad("", "active", "This price cannot be archived because it is the default price of its product.")
	}
	copyFields(o, c.p, "active", "nickname", "lookup_key", "tax_behavior")
	mergeMetadata(o, c.p)
	c.s.store.put("price", o)
	c.emit("price.updated", o)
	return o, nil
}

func listPrices(c *call) (obj, *apiError) {
	match := c.matches("active", "currency", "product", "type")
	keys := c.p.list("lookup_keys")
	return c.page("price", func(o obj) bool {
		for _, k := range keys {
			if o["lookup_key"] == k {
				return match(o)
			}
		}
		return len(keys) == 0 && match(o)
	})
}

// notHere refuses what Stripe knows and the sandbox does not.
func notHere(what string) *apiError {
	return bad("", "", "The sandbox does not do %s yet.", what)
}
