-- +goose Up
-- Pages of Stripe's that save a card, and from where they were opened: cards that
-- are tried there count towards the limits on cards.
CREATE TABLE card_setups (
  id          text PRIMARY KEY,
  customer_id text NOT NULL,
  address     text NOT NULL,
  at          bigint NOT NULL
);
CREATE INDEX card_setups_at ON card_setups (at);

-- +goose Down
DROP TABLE card_setups;
