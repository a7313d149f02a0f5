package sandbox

import (
	"io"
	"maps"
	"net/http"
	"strings"
)

// call is one API request that passed its checks.
type call struct {
	s     *Server
	r     *http.Request
	p     obj    // checked parameters
	id    string // the id in the path
	reqID string
	key   string // idempotency key
	base  string // where browsers reach the sandbox
	then  func() // what follows once it is done, if anything
}

// operation answers one call, under the server's lock. It returns an object, or
// a list as c.page makes it.
type operation func(*call) (obj, *apiError)

// operations is every method and path that the sandbox knows. The parameters of
// each are in params.txt, those of payment_pages in paymentpages.go.
func operations() map[string]operation {
	all := accountOperations()
	maps.Copy(all, paymentOperations())
	maps.Copy(all, invoiceOperations())
	return all
}

// accountOperations are about the account, its customers, endpoints and clocks.
func accountOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/customers":                                            createCustomer,
		"GET /v1/customers":                                             listCustomers,
		"GET /v1/customers/{customer}":                                  getCustomer,
		"POST /v1/customers/{customer}":                                 updateCustomer,
		"DELETE /v1/customers/{customer}":                               deleteCustomer,
		"GET /v1/customers/{customer}/cash_balance":                     getCashBalance,
		"GET /v1/customers/{customer}/cash_balance_transactions":        listCashTransactions,
		"POST /v1/test_helpers/customers/{customer}/fund_cash_balance":  fundCashBalance,
		"GET /v1/customers/{customer}/payment_methods":                  listCustomerPaymentMethods,
		"GET /v1/customers/{customer}/payment_methods/{payment_method}": getCustomerPaymentMethod,
		"POST /v1/customers/{customer}/tax_ids":                         createTaxID,
		"GET /v1/customers/{customer}/tax_ids":                          listTaxIDs,
		"GET /v1/customers/{customer}/tax_ids/{id}":                     getTaxID,
		"DELETE /v1/customers/{customer}/tax_ids/{id}":                  deleteTaxID,
		"POST /v1/test_helpers/test_clocks":                             createTestClock,
		"GET /v1/test_helpers/test_clocks":                              listTestClocks,
		"GET /v1/test_helpers/test_clocks/{test_clock}":                 getTestClock,
		"POST /v1/test_helpers/test_clocks/{test_clock}/advance":        advanceTestClock,
		"DELETE /v1/test_helpers/test_clocks/{test_clock}":              deleteTestClock,
		"POST /v1/billing_portal/sessions":                              createPortalSession,
		"GET /v1/events":                                                listEvents,
		"GET /v1/events/{id}":                                           getEvent,
		"POST /v1/webhook_endpoints":                                    createEndpoint,
		"GET /v1/webhook_endpoints":                                     listEndpoints,
		"GET /v1/webhook_endpoints/{webhook_endpoint}":                  getEndpoint,
		"POST /v1/webhook_endpoints/{webhook_endpoint}":                 updateEndpoint,
		"DELETE /v1/webhook_endpoints/{webhook_endpoint}":               deleteEndpoint,
		"GET /v1/account":                                               getAccount,
	}
}

// paymentOperations move money.
func paymentOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/payment_methods":                                 createPaymentMethod,
		"GET /v1/payment_methods":                                  listPaymentMethods,
		"GET /v1/payment_methods/{payment_method}":                 getPaymentMethod,
		"POST /v1/payment_methods/{payment_method}":                updatePaymentMethod,
		"POST /v1/payment_methods/{payment_method}/attach":         attachPaymentMethod,
		"POST /v1/payment_methods/{payment_method}/detach":         detachPaymentMethod,
		"POST /v1/checkout/sessions":                               createSession,
		"GET /v1/checkout/sessions":                                listSessions,
		"GET /v1/checkout/sessions/{session}":                      getSession,
		"GET /v1/checkout/sessions/{session}/line_items":           listSessionItems,
		"POST /v1/checkout/sessions/{session}/expire":              expireSessionNow,
		"GET /v1/payment_pages/{page}":                             getPaymentPage,
		"POST /v1/payment_pages/{page}/confirm":                    confirmPaymentPage,
		"POST /v1/payment_intents":                                 createIntent,
		"GET /v1/payment_intents":                                  listIntents,
		"GET /v1/payment_intents/{intent}":                         getIntent,
		"POST /v1/payment_intents/{intent}":                        updateIntent,
		"POST /v1/payment_intents/{intent}/confirm":                confirmIntent,
		"POST /v1/payment_intents/{intent}/cancel":                 cancelIntent,
		"POST /v1/setup_intents":                                   createSetup,
		"GET /v1/setup_intents":                                    listSetups,
		"GET /v1/setup_intents/{intent}":                           getSetup,
		"POST /v1/setup_intents/{intent}/confirm":                  confirmSetup,
		"POST /v1/setup_intents/{intent}/cancel":                   cancelSetup,
		"GET /v1/charges":                                          listCharges,
		"GET /v1/charges/{charge}":                                 getCharge,
		"POST /v1/refunds":                                         createRefund,
		"GET /v1/refunds":                                          listRefunds,
		"GET /v1/refunds/{refund}":                                 getRefund,
		"POST /v1/refunds/{refund}":                                updateRefund,
		"GET /v1/disputes":                                         listDisputes,
		"GET /v1/disputes/{dispute}":                               getDispute,
		"POST /v1/disputes/{dispute}":                              updateDispute,
		"POST /v1/disputes/{dispute}/close":                        closeDispute,
		"GET /v1/radar/early_fraud_warnings":                       listFraudWarnings,
		"GET /v1/radar/early_fraud_warnings/{early_fraud_warning}": getFraudWarning,
		"GET /v1/balance":                                          getBalance,
		"GET /v1/balance_transactions":                             listBalanceTransactions,
		"GET /v1/balance_transactions/{id}":                        getBalanceTransaction,
		"GET /v1/payouts":                                          listPayouts,
		"GET /v1/payouts/{payout}":                                 getPayout,
		"POST /v1/tax/calculations":                                calculateTax,
	}
}

// invoiceOperations are about what is sold, and asked for.
func invoiceOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/coupons":                               createCoupon,
		"GET /v1/coupons":                                listCoupons,
		"GET /v1/coupons/{coupon}":                       getCoupon,
		"POST /v1/coupons/{coupon}":                      updateCoupon,
		"DELETE /v1/coupons/{coupon}":                    deleteCoupon,
		"POST /v1/promotion_codes":                       createPromotionCode,
		"GET /v1/promotion_codes":                        listPromotionCodes,
		"GET /v1/promotion_codes/{promotion_code}":       getPromotionCode,
		"POST /v1/promotion_codes/{promotion_code}":      updatePromotionCode,
		"POST /v1/products":                              createProduct,
		"GET /v1/products":                               listProducts,
		"GET /v1/products/{id}":                          getProduct,
		"POST /v1/products/{id}":                         updateProduct,
		"POST /v1/prices":                                createPrice,
		"GET /v1/prices":                                 listPrices,
		"GET /v1/prices/{price}":                         getPrice,
		"POST /v1/prices/{price}":                        updatePrice,
		"POST /v1/invoices":                              createInvoice,
		"GET /v1/invoices":                               listInvoices,
		"GET /v1/invoices/{invoice}":                     getInvoice,
		"POST /v1/invoices/{invoice}":                    updateInvoice,
		"DELETE /v1/invoices/{invoice}":                  deleteInvoice,
		"GET /v1/invoices/{invoice}/lines":               listInvoiceLines,
		"POST /v1/invoices/{invoice}/finalize":           finalizeInvoice,
		"POST /v1/invoices/{invoice}/pay":                payInvoice,
		"POST /v1/invoices/{invoice}/void":               voidInvoice,
		"POST /v1/invoices/{invoice}/mark_uncollectible": markUncollectible,
		"POST /v1/invoices/{invoice}/send":               sendInvoice,
		"POST /v1/invoiceitems":                          createInvoiceItem,
		"GET /v1/invoiceitems":                           listInvoiceItems,
		"GET /v1/invoiceitems/{invoiceitem}":             getInvoiceItem,
		"DELETE /v1/invoiceitems/{invoiceitem}":          deleteInvoiceItem,
		"POST /v1/credit_notes":                          createCreditNote,
		"GET /v1/credit_notes":                           listCreditNotes,
		"GET /v1/credit_notes/{id}":                      getCreditNote,
	}
}

const maxBody = 1 << 20

// api serves one operation: key, form, idempotency, parameters, execution.
func (s *Server) api(pattern string, do operation) http.Handler {
	params := operationParams[pattern]
	_, path, _ := strings.Cut(pattern, " ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{s: s, r: r, reqID: "req_" + randomText(14), base: s.base(r)}
		w.Header().Set("Request-Id", c.reqID)
		w.Header().Set("Stripe-Version", Version)
		if err := authorize(r); err != nil {
			answer(w, err.status, err.body().json())
			return
		}
		form, text, err := readForm(w, r)
		if err != nil {
			answer(w, err.status, err.body().json())
			return
		}
		for name := range strings.SplitSeq(path, "/") {
			if strings.HasPrefix(name, "{") {
				c.id = r.PathValue(strings.Trim(name, "{}"))
			}
		}
		if r.Method == http.MethodPost {
			c.key = r.Header.Get("Idempotency-Key")
		}
		fault := s.takeAPIFault(r)
		if fault.before(w) {
			return
		}
		if c.key != "" {
			if !s.keys.take(c.key) {
				err := errKeyInUse(c.key)
				answer(w, err.status, err.body().json())
				return
			}
			defer s.keys.release(c.key)
		}
		if s.beforeExecute != nil {
			s.beforeExecute(r)
		}
		status, body := s.execute(c, w.Header(), do, params, form, text, fault)
		if fault.Action == FaultDropAfter {
			panic(http.ErrAbortHandler)
		}
		answer(w, status, body)
	})
}

// execute runs the operation under the lock, or replays its first answer.
func (s *Server) execute(c *call, header http.Header, do operation, params *param, form *node, text string, fault APIFault) (status int, body []byte) {
	status, body = http.StatusInternalServerError, []byte(`{"error":{"type":"api_error","message":"The sandbox is closed."}}`)
	s.locked(func() {
		if c.key != "" {
			header.Set("Idempotency-Key", c.key)
			if first := s.remembered(c.key); first != nil {
				var err *apiError
				switch {
				case first.str("path") != c.r.URL.Path:
					err = errKeyReused(c.key, "for the same endpoint")
				case first.str("fingerprint") != fingerprint(text):
					err = errKeyReused(c.key, "with the same parameters")
				default:
					header.Set("Idempotent-Replayed", "true")
					status, body = int(first.num("status")), []byte(first.str("body"))
					return
				}
				status, body = err.status, err.body().json()
				return
			}
		}
		var err *apiError
		var out obj
		if c.p, err = checkParams(params, form); err == nil {
			out, err = s.perform(c, do)
		}
		if err == nil {
			status, body = http.StatusOK, out.json()
		} else {
			if pi := err.fields.sub("payment_intent"); pi != nil {
				err.fields["payment_intent"] = pi.public()
			}
			status, body = err.status, err.body().json()
		}
		if fault.Action == FaultErrorAfter {
			status, body = http.StatusInternalServerError, errInternal.body().json()
		}
		if c.key != "" && (err == nil || !err.unstarted) {
			s.remember(c.key, c.r.URL.Path, fingerprint(text), status, body)
		}
	})
	return status, body
}

var errInternal = &apiError{status: http.StatusInternalServerError, typ: "api_error",
	message: "An unknown error occurred"}

// readForm reads the parameters of query and body into one tree; text is what
// the idempotency key stands for.
func readForm(w http.ResponseWriter, r *http.Request) (*node, string, *apiError) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, "", &apiError{status: http.StatusRequestEntityTooLarge, message: "Request body is too large."}
	}
	text := r.URL.RawQuery
	if len(b) > 0 {
		if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/x-www-form-urlencoded") {
			return nil, "", bad("", "", "Invalid request: the content type of POST data must be application/x-www-form-urlencoded, not %q.", t)
		}
		text += "&" + string(b)
	}
	form := &node{}
	if err := parseForm(text, form); err != nil {
		return nil, "", err
	}
	return form, text, nil
}

// authorize lets in any test-mode key.
func authorize(r *http.Request) *apiError {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		key, _, ok = r.BasicAuth()
	}
	key = strings.TrimSpace(key)
	switch {
	case !ok || key == "":
		return &apiError{status: http.StatusUnauthorized, message: "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."}
	case (strings.HasPrefix(key, "sk_test_") || strings.HasPrefix(key, "rk_test_")) && len(key) > 10:
	default:
		return &apiError{status: http.StatusUnauthorized, message: "Invalid API Key provided: " + mask(key)}
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != Version {
		return bad("", "", "Invalid Stripe API version: %s. The sandbox speaks %s only.", v, Version)
	}
	return nil
}

// mask shows only the ends of a key.
func mask(key string) string {
	if len(key) < 16 {
		return strings.Repeat("*", len(key))
	}
	return key[:8] + strings.Repeat("*", len(key)-12) + key[len(key)-4:]
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// unknownURL answers any other path under /v1.
func (s *Server) unknownURL(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Request-Id", "req_"+randomText(14))
	err := authorize(r)
	if err == nil {
		err = bad("", "", "Unrecognized request URL (%s: %s). The sandbox may not know what Stripe knows.", r.Method, r.URL.Path)
		err.status = http.StatusNotFound
	}
	answer(w, err.status, err.body().json())
}

// base is the address at which a browser reaches the sandbox.
func (s *Server) base(r *http.Request) string {
	if s.opts.PublicURL != "" {
		return strings.TrimSuffix(s.opts.PublicURL, "/")
	}
	return "http://" + r.Host
}
