package docs

// Webhook is how a receiver in JavaScript takes events: verified, each once, and
// right in whatever order they arrive. The README has it too.
const Webhook = `const event = new Webhook(process.env.PURSE_WEBHOOK_SECRET).verify(body, headers); // throws when it is forged
const newer = (a, b) => !b || a.sequence > b.sequence || (a.sequence === b.sequence && a.id > b.id);
if (await seen(event.id)) return ok();                                             // the same event may come twice
if (event.type === "entitlement.changed") {                                        // allowed, reason, throttle, rate_per_minute
  const wallet = event.customer + "/" + event.data.credit_type;
  await gateway.update(wallet, known => newer(event, known) ? event : known);      // deliveries may arrive in another order
}
`
