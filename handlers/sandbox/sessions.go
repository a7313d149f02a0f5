package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func createSession(c *call) (obj, *apiError) {
	p := c.p
	mode := p.str("mode")
	if err := checkSession(p, mode); err != nil {
		return nil, err
	}
	o := c.fresh("checkout.session")
	expires, err := expiry(p, o.num("created"))
	if err != nil {
		return nil, err
	}
	customer, err := c.sessionCustomer()
	if err != nil {
		return nil, err
	}
	var items []any
	if mode == "payment" {
		if items, err = c.lineItems(); err != nil {
			return nil, err
		}
	} else if p.has("line_items") || p.has("payment_intent_data") || p.has("invoice_creation") || p.has("adaptive_pricing") {
		return nil, bad("", "", "You can not pass line_items, payment_intent_data, invoice_creation or adaptive_pricing in `setup` mode.")
	}
	if mode == "payment" && p.has("setup_intent_data") {
		return nil, bad("", "setup_intent_data", "You can not pass `setup_intent_data` in `payment` mode.")
	}

	var methods []any
	if mode == "payment" {
		methods, err = c.sessionMethods(items[0].(obj).str("currency"), customer)
	} else {
		methods, err = c.setupMethods()
	}
	if err != nil {
		return nil, err
	}

	o["mode"] = mode
	o["status"] = "open"
	o["payment_status"] = "unpaid"
	o["expires_at"] = expires
	o["url"] = c.base + "/c/pay/" + o.id()
	o["ui_mode"] = "hosted"
	o["_page"] = "ppage_1" + randomText(23)
	o["metadata"] = p.metadata()
	o["payment_method_types"] = methods
	o["custom_fields"], o["shipping_options"] = []any{}, []any{}
	o["custom_text"] = obj{"after_submit": nil, "shipping_address": nil, "submit": p.sub("custom_text").null("submit"), "terms_of_service_acceptance": nil}
	o["automatic_tax"] = obj{"enabled": p.sub("automatic_tax").yes("enabled"), "liability": nil, "status": nil}
	o["phone_number_collection"] = obj{"enabled": false}
	o["tax_id_collection"] = obj{"enabled": p.sub("tax_id_collection").yes("enabled")}
	o["payment_method_collection"] = "if_required"
	copyFields(o, p, "success_url", "cancel_url", "client_reference_id", "customer_email", "submit_type",
		"allow_promotion_codes", "adaptive_pricing", "customer_creation", "locale") // prices are adapted to buyers from abroad: there are none here
	if mode == "payment" {
		o["currency"] = items[0].(obj).str("currency")
	}
	if err := c.sessionOptions(o, methods); err != nil {
		return nil, err
	}
	update := p.sub("customer_update")
	o["_customer_update"] = obj{"address": update.null("address"), "name": update.null("name")}
	if customer != nil {
		o["customer"] = customer.id()
		o["customer_details"] = obj{"address": customer["address"], "email": customer["email"], "name": customer["name"],
			"phone": customer["phone"], "tax_exempt": customer["tax_exempt"], "tax_ids": nil}
	} else {
		o["customer_creation"] = p.or("customer_creation", "if_required")
		if e := p.str("customer_email"); e != "" {
			o["customer_details"] = obj{"address": nil, "email": e, "name": nil, "phone": nil, "tax_exempt": "none", "tax_ids": nil}
		}
	}
	if err := c.sessionData(o, items); err != nil {
		return nil, err
	}
	c.s.store.put("checkout.session", o)
	return o, nil
}

// checkSession checks what every session needs.
func checkSession(p obj, mode string) *apiError {
	switch {
	case mode == "":
		return parameterMissing("mode")
	case mode == "subscription":
		return notValue("mode", mode)
	case p.str("success_url") == "":
		return parameterMissing("success_url")
	}
	if err := inEnglish(p); err != nil {
		return err
	}
	for _, f := range []string{"success_url", "cancel_url"} {
		if u := p.str(f); u != "" && !validURL(u) {
			return bad("url_invalid", f, "Not a valid URL")
		}
	}
	return nil
}

// sessionData reads what a session keeps for what it makes: a set-up, or a
// payment with its discount and its invoice.
func (c *call) sessionData(o obj, items []any) *apiError {
	p := c.p
	if o.str("mode") == "setup" {
		data := p.sub("setup_intent_data")
		o["_setup_data"] = obj{"description": data.null("description"), "metadata": data.metadata()}
		o["currency"], o["payment_status"] = p.null("currency"), "no_payment_required"
		return c.sessionDiscount(o)
	}
	intent, err := intentData(p.sub("payment_intent_data"))
	if err != nil {
		return err
	}
	o["_items"], o["_intent_data"] = items, intent
	in := p.sub("invoice_creation")
	data := in.sub("invoice_data")
	if err := checkCustomFields(data, "invoice_creation[invoice_data]"); err != nil {
		return err
	}
	printed := obj{"metadata": data.metadata()}
	copyFields(printed, data, "custom_fields", "description", "footer")
	o["invoice_creation"] = obj{"enabled": in.yes("enabled"), "invoice_data": printed}
	if err := c.sessionDiscount(o); err != nil {
		return err
	}
	c.s.total(o)
	return checkTotal(o)
}

// inEnglish refuses other languages: the pages have one.
func inEnglish(p obj) *apiError {
	if l := p.str("locale"); l != "" && l != "auto" && l != "en" && !strings.HasPrefix(l, "en-") {
		return notValue("locale", l)
	}
	return nil
}

// intentData is what a session keeps for its payment intent.
func intentData(p obj) (obj, *apiError) {
	if err := capturedAtOnce(p, "payment_intent_data"); err != nil {
		return nil, err
	}
	out := obj{"metadata": p.metadata()}
	copyFields(out, p, "description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
	return out, nil
}

// sessionOptions reads payment_method_options of a session.
func (c *call) sessionOptions(o obj, methods []any) *apiError {
	options := c.p.sub("payment_method_options")
	card := options.sub("card")
	o["payment_method_options"] = obj{"card": obj{"request_three_d_secure": card.or("request_three_d_secure", "automatic")}}
	saves := obj{}
	for _, m := range methods {
		saves[m.(string)] = obj{"setup_future_usage": options.sub(m.(string)).null("setup_future_usage")}
	}
	o["_options"] = saves
	if in := options.sub("customer_balance"); in != nil && slices.Contains(methods, any("customer_balance")) {
		return readTransfer(o, in, o.str("currency"))
	}
	return nil
}

// checkTotal refuses a sum that cannot be charged; nothing to pay is allowed.
func checkTotal(o obj) *apiError {
	amount, currency := o.num("amount_total"), o.str("currency")
	if amount == 0 {
		return nil
	}
	err := checkAmount(amount, currency, "")
	if err != nil && err.code == "amount_too_small" {
		err.message = "The Checkout Session's total amount due must add up to at least" + strings.TrimPrefix(err.message, "Amount must be at least")
	}
	return err
}

func validURL(s string) bool {
	u, err := url.Parse(strings.ReplaceAll(s, "{CHECKOUT_SESSION_ID}", "cs"))
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= 5000
}

const (
	minLife = 30 * 60
	maxLife = 24 * 60 * 60
)

func expiry(p obj, now int64) (int64, *apiError) {
	at, ok := p.integer("expires_at")
	switch {
	case !ok:
		return now + maxLife, nil
	case at < now+minLife-5:
		return 0, bad("", "expires_at", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
	case at > now+maxLife+5:
		return 0, bad("", "expires_at", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
	}
	return at, nil
}

// sessionCustomer checks all that Checkout asks about an existing customer.
func (c *call) sessionCustomer() (obj, *apiError) {
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	p := c.p
	update := p.sub("customer_update")
	if customer == nil {
		if update != nil {
			return nil, bad("", "customer_update", "`customer_update` can only be used with `customer`.")
		}
		return nil, checkEmail(obj{"email": p.value("customer_email")})
	}
	if p.has("customer_email") {
		return nil, bad("", "customer_email", "You may only specify one of these parameters: customer, customer_email.")
	}
	if p.has("customer_creation") {
		return nil, bad("", "customer_creation", "You may only specify one of these parameters: customer, customer_creation.")
	}
	if p.sub("automatic_tax").yes("enabled") && update.str("address") != "auto" && update.str("shipping") != "auto" &&
		customer.sub("address").str("country") == "" {
		return nil, bad("customer_tax_location_invalid", "", "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to the Customer.")
	}
	if p.sub("tax_id_collection").yes("enabled") && update.str("name") != "auto" {
		return nil, bad("", "tax_id_collection", "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.")
	}
	return customer, nil
}

// lineItems reads what is sold and makes products and prices of price_data.
func (c *call) lineItems() ([]any, *apiError) {
	in := c.p.list("line_items")
	if len(in) == 0 {
		return nil, parameterMissing("line_items")
	}
	if len(in) > 100 {
		return nil, bad("", "line_items", "You can have at most 100 line items in payment mode.")
	}
	var out []any
	var made []func()
	for i, l := range in {
		l := l.(obj)
		at := "line_items[" + strconv.Itoa(i) + "]"
		quantity, ok := l.integer("quantity")
		if !ok {
			return nil, parameterMissing(at + "[quantity]")
		}
		if quantity < 1 || quantity > 999999 {
			return nil, bad("parameter_invalid_integer", at+"[quantity]", "This value must be greater than or equal to 1.")
		}
		price, product, put, err := c.itemPrice(l, at)
		if err != nil {
			return nil, err
		}
		made = append(made, put)
		amount := price.num("unit_amount")
		if amount > 0 && quantity > maxAmount/amount {
			return nil, bad("amount_too_large", at+"[quantity]", "The Checkout Session's total amount must be no more than %s.", amountText(maxAmount, price.str("currency")))
		}
		item := obj{"id": idOf("item"), "object": "item", "amount_discount": int64(0), "amount_subtotal": amount * quantity,
			"amount_tax": int64(0), "amount_total": amount * quantity, "currency": price["currency"],
			"description": product["name"], "price": price, "quantity": quantity, "_about": product["description"]}
		if len(out) > 0 && out[0].(obj)["currency"] != item["currency"] {
			return nil, bad("", "", "All prices on a Checkout Session must use the same currency: found %s and %s.", out[0].(obj)["currency"], item["currency"])
		}
		if want := lower(c.p.str("currency")); want != "" && want != item["currency"] {
			return nil, bad("", "currency", "The price specified only supports `%s`. This doesn't match the expected currency: `%s`.", item["currency"], want)
		}
		out = append(out, item)
	}
	for _, put := range made {
		put()
	}
	return out, nil
}

// itemPrice is the price of a line, and what stores it if it is new.
func (c *call) itemPrice(l obj, at string) (price, product obj, put func(), err *apiError) {
	if id := l.str("price"); id != "" {
		if price = c.s.store.get("price", id); price == nil {
			return nil, nil, nil, noSuch("price", id, at+"[price]", false)
		}
		if !price.yes("active") {
			return nil, nil, nil, bad("", at+"[price]", "The price specified is inactive. This field only accepts active prices.")
		}
		return price, c.s.store.get("product", price.str("product")), func() {}, nil
	}
	data := l.sub("price_data")
	if data == nil {
		return nil, nil, nil, bad("", at, "You must specify either `price` or `price_data` for each line item.")
	}
	if err := checkCurrency(data.str("currency"), at+"[price_data][currency]"); err != nil {
		return nil, nil, nil, err
	}
	amount, err := unitAmount(data, at+"[price_data]")
	if err != nil {
		return nil, nil, nil, err
	}
	fresh := false
	if id := data.str("product"); id != "" {
		if product = c.s.store.get("product", id); product == nil {
			return nil, nil, nil, noSuch("product", id, at+"[price_data][product]", false)
		}
	} else if in := data.sub("product_data"); in != nil {
		product, fresh = c.newProduct(in), true
	} else {
		return nil, nil, nil, parameterMissing(at + "[price_data][product_data]")
	}
	price = c.newPrice(product, data, amount)
	price["active"] = false // as Stripe does with inline prices
	return price, product, func() {
		if fresh {
			product["active"] = false
			c.s.store.put("product", product)
			c.emit("product.created", product)
		}
		c.s.store.put("price", price)
		c.emit("price.created", price)
	}, nil
}

// total adds up a session: lines, discount, tax.
func (s *Server) total(o obj) {
	s.takeOff(o)
	taxPercent := int64(0)
	if o.sub("automatic_tax").yes("enabled") {
		taxPercent, _ = strconv.ParseInt(s.setting("tax_percent"), 10, 64)
		o.sub("automatic_tax")["status"] = "complete"
	}
	var subtotal, discount, tax int64
	for _, l := range o.list("_items") {
		l := l.(obj)
		sum := l.num("amount_subtotal")
		net := sum - l.num("amount_discount")
		included := l.sub("price").str("tax_behavior") == "inclusive"
		if included {
			l["amount_tax"] = net - net*100/(100+taxPercent)
			l["amount_total"] = net
		} else {
			l["amount_tax"] = net * taxPercent / 100
			l["amount_total"] = net + l.num("amount_tax")
		}
		subtotal, discount, tax = subtotal+sum, discount+l.num("amount_discount"), tax+l.num("amount_tax")
	}
	var total int64
	for _, l := range o.list("_items") {
		total += l.(obj).num("amount_total")
	}
	o["amount_subtotal"], o["amount_total"] = subtotal, total
	o["total_details"] = obj{"amount_discount": discount, "amount_shipping": int64(0), "amount_tax": tax}
}

func getSession(c *call) (obj, *apiError) {
	return c.find("checkout.session", "checkout.session", "session")
}

func listSessions(c *call) (obj, *apiError) {
	match := c.matches("customer", "payment_intent", "status")
	email := c.p.sub("customer_details").str("email")
	return c.page("checkout.session", func(o obj) bool {
		return match(o) && (email == "" || o.sub("customer_details").str("email") == email)
	})
}

func listSessionItems(c *call) (obj, *apiError) {
	o, err := c.find("checkout.session", "checkout.session", "session")
	if err != nil {
		return nil, err
	}
	var rows []obj
	for _, l := range o.list("_items") {
		rows = append(rows, l.(obj))
	}
	return c.pageOf(rows, nil)
}

// sessionItems is the list that expands a session's line_items.
func (s *Server) sessionItems(o obj) obj {
	data := []any{}
	for _, l := range o.list("_items") {
		data = append(data, l.(obj).public())
	}
	return obj{"object": "list", "data": data, "has_more": false, "url": "/v1/checkout/sessions/" + o.id() + "/line_items"}
}

func expireSessionNow(c *call) (obj, *apiError) {
	o, err := c.find("checkout.session", "checkout.session", "session")
	if err != nil {
		return nil, err
	}
	if o.str("status") != "open" {
		return nil, bad("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", o.str("status"))
	}
	c.s.expireSession(o)
	return o, nil
}

// expireSession closes an open session; an unfinished payment is cancelled.
func (s *Server) expireSession(o obj) {
	o["status"] = "expired"
	o["url"] = nil
	s.store.put("checkout.session", o)
	if pi := s.store.get("payment_intent", o.str("payment_intent")); pi != nil && pi.str("status") != "succeeded" {
		(&call{s: s}).cancel(pi, "automatic")
	}
	s.emit("checkout.session.expired", o, nil)
}
