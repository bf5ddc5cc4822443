-- Settlements, what a person has used up in a year, personal accounts, the books.

-- One row per person, scheme and calendar year; made at registration, so that locking it never meets a gap.
CREATE TABLE accumulator (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  year            SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  stays           INT          NOT NULL DEFAULT 0 COMMENT 'settled inpatient stays',
  pool_fen        BIGINT       NOT NULL DEFAULT 0 COMMENT 'basic fund paid, all kinds',
  burden_fen      BIGINT       NOT NULL DEFAULT 0 COMMENT 'in-scope own burden counted for 大病',
  dabing_fen      BIGINT       NOT NULL DEFAULT 0,
  jiuzhu_fen      BIGINT       NOT NULL DEFAULT 0,
  own136_fen      BIGINT       NOT NULL DEFAULT 0,
  opt_fund_fen    BIGINT       NOT NULL DEFAULT 0,
  opt_dedc_fen    BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (psn_no, insutype, year)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE chronic_fund (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  year            SMALLINT     NOT NULL,
  dise_codg       VARCHAR(30)  CHARACTER SET ascii NOT NULL,
  poolarea        INT          NOT NULL,
  fund_fen        BIGINT       NOT NULL DEFAULT 0 COMMENT 'paid for this disease in the year',
  PRIMARY KEY (psn_no, insutype, year, dise_codg)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Personal accounts of employees. Opened once per person and scheme by enrollment's event.
CREATE TABLE account (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  poolarea        INT          NOT NULL,
  opening_fen     BIGINT       NOT NULL,
  balc_fen        BIGINT       NOT NULL,
  opened_us       BIGINT       NOT NULL,
  PRIMARY KEY (psn_no, insutype)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Every policy file under which something was settled, so that it can be recomputed years later.
CREATE TABLE policy_file (
  hash            BINARY(32)   NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  name            VARCHAR(100) NOT NULL,
  content         MEDIUMTEXT   NOT NULL,
  first_us        BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A settlement or a reversal of one (init_setl_id). Rows are never changed but for live and refd_setl_flag of a reversed one.
CREATE TABLE settlement (
  setl_id         BIGINT       NOT NULL PRIMARY KEY,
  init_setl_id    BIGINT       NULL COMMENT 'the settlement that this one reverses',
  mdtrt_id        BIGINT       NOT NULL,
  batch_no        INT          NOT NULL,
  live            TINYINT      NULL COMMENT '1, or NULL for reversals and what was reversed',
  refd_setl_flag  TINYINT      NOT NULL,
  poolarea        INT          NOT NULL,
  insuplc_admdvs  CHAR(6)      CHARACTER SET ascii NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  psn_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  med_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  clr_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  setl_time       BIGINT       NOT NULL,
  setl_day        INT          NOT NULL,
  year            SMALLINT     NOT NULL COMMENT 'year of the accumulators',
  begntime        BIGINT       NOT NULL,
  endtime         BIGINT       NOT NULL,
  dise_codg       VARCHAR(30)  CHARACTER SET ascii NOT NULL,
  mdtrt_cert_type VARCHAR(3)   CHARACTER SET ascii NOT NULL,
  psn_setlway     VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  infno           VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  msgid           VARCHAR(30)  CHARACTER SET utf8mb4 NOT NULL,
  invono          VARCHAR(20)  NOT NULL,
  opter           VARCHAR(30)  NOT NULL,
  medfee_sumamt_fen        BIGINT NOT NULL,
  fulamt_ownpay_amt_fen    BIGINT NOT NULL,
  overlmt_selfpay_fen      BIGINT NOT NULL,
  preselfpay_amt_fen       BIGINT NOT NULL,
  inscp_scp_amt_fen        BIGINT NOT NULL,
  act_pay_dedc_fen         BIGINT NOT NULL,
  pool_prop_selfpay_ppm    INT    NOT NULL,
  hifp_pay_fen             BIGINT NOT NULL,
  hifmi_pay_fen            BIGINT NOT NULL,
  hifob_pay_fen            BIGINT NOT NULL,
  maf_pay_fen              BIGINT NOT NULL,
  fund_pay_sumamt_fen      BIGINT NOT NULL,
  psn_part_amt_fen         BIGINT NOT NULL,
  acct_pay_fen             BIGINT NOT NULL,
  psn_cash_pay_fen         BIGINT NOT NULL,
  balc_fen                 BIGINT NOT NULL,
  policy_hash     BINARY(32)   NOT NULL,
  inputs          VARBINARY(1024) NOT NULL COMMENT 'message StoredInputs: what the rules were given beside the lines',
  funds           BLOB         NOT NULL COMMENT 'message StoredFunds: setldetail with its trace',
  UNIQUE KEY reversal (init_setl_id),
  UNIQUE KEY one_live (mdtrt_id, batch_no, live),
  UNIQUE KEY message (fixmedins_code, msgid, infno),
  KEY person (psn_no, setl_id),
  KEY institution_day (fixmedins_code, setl_day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The books: an entry is a set of legs that balances, in every book by itself. Entries of a lane form a chain:
-- hash = SM3(hash before, the entry's canonical bytes; store/journal.c).
CREATE TABLE journal_entry (
  lane            SMALLINT     NOT NULL,
  seq             BIGINT       NOT NULL,
  kind            TINYINT      NOT NULL COMMENT '1 settlement, 2 reversal, 3 opening balance',
  poolarea        INT          NOT NULL,
  subject         BIGINT       NOT NULL COMMENT 'setl_id, or the event id of an opening',
  reverses        BIGINT       NOT NULL COMMENT 'setl_id of the original, 0 = none',
  day             INT          NOT NULL,
  time_us         BIGINT       NOT NULL,
  legs            TINYINT      NOT NULL,
  hash            BINARY(32)   NOT NULL,
  PRIMARY KEY (lane, seq),
  UNIQUE KEY subject (subject)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE journal_leg (
  lane            SMALLINT     NOT NULL,
  seq             BIGINT       NOT NULL,
  n               TINYINT      NOT NULL,
  poolarea        INT          NOT NULL,
  book            CHAR(6)      CHARACTER SET ascii NOT NULL COMMENT 'fund_pay_type of the fund; 000000 = cash between patient and institution',
  account         TINYINT      NOT NULL COMMENT '1 benefits paid, 2 payable to institutions, 3 personal accounts, 4 opening balances, 5 cash of patients, 6 cash taken by institutions',
  party           VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'institution or person the leg concerns',
  debit_fen       BIGINT       NOT NULL,
  credit_fen      BIGINT       NOT NULL,
  PRIMARY KEY (lane, seq, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE journal_head (
  lane            SMALLINT     NOT NULL PRIMARY KEY,
  seq             BIGINT       NOT NULL,
  hash            BINARY(32)   NOT NULL,
  fence           BIGINT       NOT NULL COMMENT 'of the lease that wrote last: a holder with an older one is refused'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
