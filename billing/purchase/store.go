package purchase

import (
	"time"

	"purse/billing/tx"
)

// Store keeps purchases. Rows that are not there are
// tx.ErrNotFound.
type Store interface {
	Insert(t tx.Tx, p *Purchase, key string) error
	Update(t tx.Tx, p *Purchase) error
	Purchase(t tx.Tx, id string) (*Purchase, error)
	// ByKey finds the purchase that was begun under a key of the caller's.
	ByKey(t tx.Tx, key string) (*Purchase, error)
	BySession(t tx.Tx, session string) (*Purchase, error)
	// OpenOf answers the purchases of a customer and pack ("" for any) that
	// wait at Checkout, newest first.
	OpenOf(t tx.Tx, customer, pack string) ([]*Purchase, error)
	// List answers purchases with id below before ("" for the newest), newest
	// first; of one customer, or of all for "". text "" or contained in id,
	// session, payment or last four digits.
	List(t tx.Tx, customer, text, before string, limit int) ([]*Purchase, error)
	// Due answers purchases whose time to be looked at has come.
	Due(t tx.Tx, now time.Time, limit int) ([]*Purchase, error)

	// PutQuote writes how a price came about; of one that is there, only the
	// buyer's number and the invoice change.
	PutQuote(t tx.Tx, q *Quote) error
	Quote(t tx.Tx, purchase string) (*Quote, error)

	// Begun counts a customer's purchases that were begun since a time and not
	// paid, and those that were ever paid.
	Begun(t tx.Tx, customer string, since time.Time) (unpaid, paid int, err error)
	// SelfRefunds counts the refunds that a customer's members made themselves.
	SelfRefunds(t tx.Tx, customer string) (int, error)

	// Payment finds a payment by Stripe's id, PaymentOfPurchase that of a purchase. They
	// are written with what asked for them.
	Payment(t tx.Tx, id string) (*Payment, error)
	PaymentOfPurchase(t tx.Tx, purchase string) (*Payment, error)

	PutWarning(t tx.Tx, w Warning) error
	Warnings(t tx.Tx, purchaseID string) ([]Warning, error)
	InsertAnswer(t tx.Tx, a DisputeAnswer) error
	Answers(t tx.Tx, purchaseID string) ([]DisputeAnswer, error)

	PutCardTry(t tx.Tx, c CardTry) error
	// CardsTried counts the distinct cards that a customer, and that anybody from
	// an address ("" for none), tried since then.
	CardsTried(t tx.Tx, customer, address string, since time.Time) (ofCustomer, ofAddress int64, err error)
	ForgetCardTries(t tx.Tx, before time.Time) error
	// PutCardSetup writes that a customer opened a page that saves a card, and from
	// where; CardSetup answers that address.
	PutCardSetup(t tx.Tx, setup, customer, address string) error
	CardSetup(t tx.Tx, setup, customer string) (address string, err error)
	PutPass(t tx.Tx, customer string, until time.Time, by string) error
	// Pass answers until when a customer is let through the limits.
	Pass(t tx.Tx, customer string) (time.Time, error)

	// PutWait writes what a purchase waits for, Wait answers it.
	PutWait(t tx.Tx, w *Wait) error
	Wait(t tx.Tx, purchaseID string) (*Wait, error)

	// PutRefund writes a refund; key makes a new one count once.
	PutRefund(t tx.Tx, r *Refund, key string) error
	Refund(t tx.Tx, id string) (*Refund, error)
	RefundByKey(t tx.Tx, key string) (*Refund, error)
	RefundByStripeID(t tx.Tx, stripeID string) (*Refund, error)
	Refunds(t tx.Tx, purchase string) ([]*Refund, error)
	// RefundsPending answers purchases with refunds that Stripe has not ended, by id
	// above after.
	RefundsPending(t tx.Tx, after string, limit int) ([]string, error)

	// PutOtherCurrency keeps, once, that a payment was made in another currency.
	// OtherCurrencies counts them, and answers when the last was seen.
	PutOtherCurrency(t tx.Tx, o OtherCurrency) error
	OtherCurrencies(t tx.Tx) (n int64, last time.Time, err error)

	// PutDispute writes how a dispute of a purchase stands, Disputes answers them
	// all, oldest first.
	PutDispute(t tx.Tx, purchaseID string, d ChargeDispute) error
	Disputes(t tx.Tx, purchaseID string) ([]ChargeDispute, error)
}
