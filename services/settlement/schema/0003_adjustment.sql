-- What statements of drg changed in the books after their month or year was paid, and an index for the stays of a pooling area. Only
-- additions: a replica of the release before goes on beside this one.

-- An entry of kind 4 each, and no entry of kind 4 without one. Rows are added, never changed.
CREATE TABLE adjustment (
  adjustment_id   BIGINT       NOT NULL PRIMARY KEY COMMENT 'subject of its journal entry',
  statement_id    BIGINT       NOT NULL COMMENT 'drg''s',
  event_id        BIGINT       NOT NULL COMMENT 'of the PaymentReleased that brought it',
  poolarea        INT          NOT NULL,
  period          INT          NOT NULL COMMENT 'yyyymm or yyyy that was paid',
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  fund_pay_type   VARCHAR(6)   CHARACTER SET ascii NOT NULL COMMENT 'the book',
  difference_fen  BIGINT       NOT NULL COMMENT 'due less booked: positive = owed to the institution; never 0',
  day             INT          NOT NULL COMMENT 'of the release, and of the entry',
  lane            SMALLINT     NOT NULL COMMENT 'of its journal entry, as seq',
  seq             BIGINT       NOT NULL,
  booked_us       BIGINT       NOT NULL,
  UNIQUE KEY statement (statement_id),
  UNIQUE KEY entry (lane, seq),
  KEY institution (fixmedins_code, day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE journal_entry
  MODIFY COLUMN kind TINYINT NOT NULL COMMENT '1 settlement, 2 reversal, 3 opening balance, 4 adjustment (table adjustment)',
  MODIFY COLUMN subject BIGINT NOT NULL COMMENT 'setl_id, the event id of an opening, adjustment_id';

ALTER TABLE settlement
  ADD KEY area_day (poolarea, setl_day, clr_type);
