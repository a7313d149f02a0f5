// Package ledger keeps credits: wallets, grants, holds, postings and entries.
//
// All that changes a balance is a Command. State.Decide answers it, purely, on
// what was loaded; a refusal is an answer too. Ledger.Submit queues a command
// for the engine, which decides everything that waits in one transaction;
// Ledger.Apply does the same inside a transaction of the caller's.
//
// It promises invariants 1 to 10 and 24 to 26: the balance of a wallet is the
// sum of its entries and the sum of its grants' remainders less its debt;
// entries are never changed; a decision never takes the available credits below
// the overdraft limit; a key counts once; an expired grant is never drawn.
package ledger
