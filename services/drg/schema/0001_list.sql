-- Settlement lists and what their check found. Times are yyyymmddHHMMSS, dates yyyymmdd, money int64 fen, weights grams, _us unix
-- microseconds. Every row knows its pooling area. Nothing of an accepted list is deleted: a newer version stands beside the older.

-- What drg needs of settlements, filled by settlement's events. A reversal has a row of its own and marks its original's; when it comes
-- before the original, that row holds nothing else yet.
CREATE TABLE settlement (
  setl_id         BIGINT       NOT NULL PRIMARY KEY,
  known           TINYINT      NOT NULL COMMENT '0 = a reversal, or only its reversal has come yet: nothing below holds',
  reversed_by     BIGINT       NOT NULL COMMENT 'setl_id of the reversal, 0 = none',
  reverses        BIGINT       NOT NULL COMMENT 'a reversal: setl_id of the original; 0 = none',
  poolarea        INT          NOT NULL,
  mdtrt_id        BIGINT       NOT NULL,
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  med_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  insuplc_admdvs  VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  inpatient       TINYINT      NOT NULL,
  setl_time       BIGINT       NOT NULL,
  begntime        BIGINT       NOT NULL,
  endtime         BIGINT       NOT NULL,
  medfee_sumamt_fen     BIGINT NOT NULL,
  fund_pay_sumamt_fen   BIGINT NOT NULL,
  fulamt_ownpay_amt_fen BIGINT NOT NULL,
  overlmt_selfpay_fen   BIGINT NOT NULL,
  acct_pay_fen          BIGINT NOT NULL,
  psn_cash_pay_fen      BIGINT NOT NULL,
  funds           VARBINARY(1024) NOT NULL COMMENT 'message StoredFunds'
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The list of a settlement, its newest version: what a month's run reads, in one row.
CREATE TABLE settlement_list (
  setl_list_id    BIGINT       NOT NULL PRIMARY KEY,
  setl_id         BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  setl_ym         INT          NOT NULL COMMENT 'yyyymm of the settlement',
  mdtrt_id        BIGINT       NOT NULL,
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  version         INT          NOT NULL,
  stas_type       TINYINT      NOT NULL COMMENT '0 draft (暂存), 1 submitted (提交)',
  lacking         INT          NOT NULL COMMENT 'required fields a draft still lacks',
  voided          TINYINT      NOT NULL COMMENT '1 = its settlement was reversed (失效): read, never counted',
  frozen_us       BIGINT       NOT NULL COMMENT 'from when on it cannot be replaced, 0 = it can',
  medfee_sumamt_fen   BIGINT   NOT NULL COMMENT 'of the settlement, as the next',
  fund_pay_sumamt_fen BIGINT   NOT NULL,
  admission_day   INT          NOT NULL COMMENT '0 = not said',
  discharge_day   INT          NOT NULL COMMENT '0 = not said',
  sex             TINYINT      NOT NULL COMMENT '1, 2; 0 = not known',
  age             INT          NOT NULL COMMENT 'whole years at admission, -1 = not known',
  age_day         INT          NOT NULL COMMENT 'days of an infant, -1 = not known',
  los             INT          NOT NULL COMMENT 'days, -1 = not known',
  bir_wt_g        INT          NOT NULL COMMENT '-1 = not sent, as the next four',
  adm_wt_g        INT          NOT NULL,
  vent_min        INT          NOT NULL,
  coma_before_min INT          NOT NULL,
  coma_after_min  INT          NOT NULL,
  icu             TINYINT      NOT NULL,
  has_principal   TINYINT      NOT NULL COMMENT '1 = the first of dx is the one principal diagnosis',
  dscg_way        VARCHAR(3)   NOT NULL,
  dscg_caty       VARCHAR(6)   NOT NULL,
  chfpdr_code     VARCHAR(30)  NOT NULL,
  hi_paymtd       VARCHAR(3)   NOT NULL,
  ipt_med_type    VARCHAR(3)   NOT NULL,
  dx              TEXT         NOT NULL COMMENT '医保版 codes parted by a blank, the principal first (rules/list_codes.h)',
  px              TEXT         NOT NULL COMMENT 'the same of the operations, the main one first',
  uploaded_us     BIGINT       NOT NULL COMMENT 'of this version',
  state_us        BIGINT       NOT NULL COMMENT 'of the last change of stas_type',
  UNIQUE KEY settlement (setl_id),
  KEY month (poolarea, setl_ym, fixmedins_code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Every version as it was sent. The body names the person: sealed.
CREATE TABLE list_version (
  setl_list_id    BIGINT       NOT NULL,
  version         INT          NOT NULL,
  poolarea        INT          NOT NULL,
  infno           VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  msgid           VARCHAR(30)  NOT NULL,
  opter           VARCHAR(30)  NOT NULL,
  body            MEDIUMBLOB   NOT NULL COMMENT 'message SettlementList, sealed',
  uploaded_us     BIGINT       NOT NULL,
  PRIMARY KEY (setl_list_id, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- For queries; the month's run reads dx and px.
CREATE TABLE list_diagnosis (
  setl_list_id    BIGINT       NOT NULL,
  version         INT          NOT NULL,
  seq             SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  diag_type       VARCHAR(3)   NOT NULL,
  diag_code       VARCHAR(20)  NOT NULL COMMENT 'as sent',
  yb_code         VARCHAR(40)  NOT NULL COMMENT 'the 医保版 code it stands for; as sent where no code set knows it',
  diag_name       VARCHAR(100) NOT NULL,
  maindiag_flag   VARCHAR(3)   NOT NULL,
  adm_cond_type   VARCHAR(3)   NOT NULL,
  PRIMARY KEY (setl_list_id, version, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE list_operation (
  setl_list_id    BIGINT       NOT NULL,
  version         INT          NOT NULL,
  seq             SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  oprn_oprt_type  VARCHAR(3)   NOT NULL,
  oprn_oprt_code  VARCHAR(30)  NOT NULL COMMENT 'as sent',
  yb_code         VARCHAR(40)  NOT NULL COMMENT 'as in list_diagnosis',
  oprn_oprt_name  VARCHAR(500) NOT NULL,
  oprn_oprt_time  VARCHAR(19)  NOT NULL COMMENT 'oprn_oprt_begntime, else oprn_oprt_date, as sent',
  oper_dr_code    VARCHAR(30)  NOT NULL,
  PRIMARY KEY (setl_list_id, version, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A check of an uploaded list. Of those refused only the last of a settlement is kept; of those accepted each version's.
CREATE TABLE list_check (
  check_id        BIGINT       NOT NULL PRIMARY KEY,
  setl_id         BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  accepted        TINYINT      NOT NULL,
  setl_list_id    BIGINT       NOT NULL COMMENT '0 = refused',
  version         INT          NOT NULL COMMENT '0 = refused',
  errors          INT          NOT NULL,
  warnings        INT          NOT NULL,
  hints           INT          NOT NULL,
  left_out        INT          NOT NULL COMMENT 'found, but not among the rows of finding',
  qltctrl_ver     VARCHAR(16)  CHARACTER SET ascii NOT NULL COMMENT 'of the rules',
  checked_us      BIGINT       NOT NULL,
  KEY settlement (setl_id, check_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE finding (
  check_id        BIGINT       NOT NULL,
  seq             SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  rule_id         VARCHAR(8)   CHARACTER SET ascii NOT NULL,
  severity        TINYINT      NOT NULL COMMENT '1 hint, 2 warning, 3 error',
  field           VARCHAR(64)  CHARACTER SET ascii NOT NULL COMMENT 'diseinfo[3].diag_code',
  value           VARCHAR(64)  NOT NULL COMMENT 'as sent, cut; empty for what names a person',
  text            VARCHAR(400) NOT NULL,
  PRIMARY KEY (check_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
