-- Visits and their lines. Every row knows its pooling area (统筹区). Times are yyyymmddHHMMSS, money int64 fen,
-- prices 10^-6 yuan, counts 10^-4, rates ppm. Nothing is deleted: what is cancelled is marked.

CREATE TABLE visit (
  mdtrt_id        BIGINT       NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL COMMENT 'pooling area of the cover: 141100',
  insuplc_admdvs  CHAR(6)      CHARACTER SET ascii NOT NULL,
  mdtrtarea_admvs CHAR(6)      CHARACTER SET ascii NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  med_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL COMMENT 'empty until 2203 tells it',
  inpatient       TINYINT      NOT NULL,
  state           TINYINT      NOT NULL COMMENT '1 registered, 2 treated, 3 admitted, 4 discharged, 5 settled, 9 cancelled (rules/visit.h)',
  begntime        BIGINT       NOT NULL,
  endtime         BIGINT       NOT NULL COMMENT '0 = not discharged; outpatient: 0',
  dise_codg       VARCHAR(30)  CHARACTER SET ascii NOT NULL,
  dise_name       VARCHAR(500) NOT NULL,
  ipt_otp_no      VARCHAR(30)  NOT NULL,
  mdtrt_cert_type VARCHAR(3)   CHARACTER SET ascii NOT NULL,
  dscg_way        VARCHAR(3)   CHARACTER SET ascii NOT NULL,
  line_count      INT          NOT NULL COMMENT 'line numbers given out so far',
  batch_count     INT          NOT NULL COMMENT 'batch numbers given out so far',
  opter           VARCHAR(30)  NOT NULL,
  detail          MEDIUMTEXT   NOT NULL COMMENT 'canonical JSON of what else the hospital said at registration',
  later_detail    MEDIUMTEXT   NOT NULL COMMENT 'the same of 2203 or 2402; where both name a field, this one holds',
  created_us      BIGINT       NOT NULL,
  updated_us      BIGINT       NOT NULL,
  KEY person (psn_no, begntime),
  KEY state (state, mdtrt_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- At most one stay of a person is open (admitted, not discharged): the key says so, not a query.
CREATE TABLE open_stay (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  mdtrt_id        BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  begntime        BIGINT       NOT NULL,
  KEY institution (fixmedins_code, begntime)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE diagnosis (
  mdtrt_id        BIGINT       NOT NULL,
  phase           TINYINT      NOT NULL COMMENT '1 at registration or treatment, 2 at discharge',
  seq             SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  diag_type       VARCHAR(3)   NOT NULL,
  diag_srt_no     INT          NOT NULL,
  diag_code       VARCHAR(20)  NOT NULL,
  diag_name       VARCHAR(100) NOT NULL,
  diag_dept       VARCHAR(50)  NOT NULL,
  dise_dor_no     VARCHAR(30)  NOT NULL,
  dise_dor_name   VARCHAR(50)  NOT NULL,
  diag_time       BIGINT       NOT NULL,
  vali_flag       VARCHAR(3)   NOT NULL,
  maindiag_flag   VARCHAR(3)   NOT NULL,
  adm_cond        VARCHAR(500) NOT NULL,
  PRIMARY KEY (mdtrt_id, phase, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is settled together: outpatient lines of one chrg_bchno; all lines of a stay (chrg_bchno '').
CREATE TABLE fee_batch (
  mdtrt_id        BIGINT       NOT NULL,
  batch_no        INT          NOT NULL,
  poolarea        INT          NOT NULL,
  chrg_bchno      VARCHAR(30)  COLLATE utf8mb4_nopad_bin NOT NULL,
  setl_id         BIGINT       NOT NULL COMMENT '0 = not settled, or its settlement was reversed',
  PRIMARY KEY (mdtrt_id, batch_no),
  UNIQUE KEY batch (mdtrt_id, chrg_bchno)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE fee_line (
  mdtrt_id        BIGINT       NOT NULL,
  line_no         INT          NOT NULL,
  batch_no        INT          NOT NULL,
  poolarea        INT          NOT NULL,
  feedetl_sn      VARCHAR(30)  COLLATE utf8mb4_nopad_bin NOT NULL,
  live            TINYINT      NULL COMMENT '1, or NULL once cancelled (so the serial may be used again)',
  init_line_no    INT          NOT NULL COMMENT 'the line this one refunds, 0 = none',
  fee_ocur_time   BIGINT       NOT NULL,
  med_list_codg   VARCHAR(50)  NOT NULL,
  medins_list_codg VARCHAR(150) NOT NULL,
  pric            BIGINT       NOT NULL,
  cnt             BIGINT       NOT NULL,
  det_item_fee_sumamt_fen BIGINT NOT NULL,
  hosp_appr_flag  VARCHAR(3)   CHARACTER SET ascii NOT NULL,
  chrgitm_lv      VARCHAR(3)   CHARACTER SET ascii NOT NULL COMMENT 'as the catalogue had it on the line''s day; 03 when not in it',
  selfpay_prop_ppm INT         NOT NULL,
  pric_uplmt      BIGINT       NOT NULL COMMENT '-1 = no limit',
  list_type       VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  list_name       VARCHAR(500) NOT NULL,
  fulamt_ownpay_amt_fen BIGINT NOT NULL,
  overlmt_amt_fen BIGINT       NOT NULL,
  preselfpay_amt_fen BIGINT    NOT NULL,
  inscp_scp_amt_fen BIGINT     NOT NULL,
  detail          TEXT         NOT NULL,
  PRIMARY KEY (mdtrt_id, line_no),
  UNIQUE KEY serial (mdtrt_id, feedetl_sn, live)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Files of reconciliation (9101, 3202 → 9102), kept until expires_us.
CREATE TABLE file (
  file_qury_no    VARCHAR(30)  CHARACTER SET ascii NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii NOT NULL,
  filename        VARCHAR(200) NOT NULL,
  content         LONGBLOB     NOT NULL,
  created_us      BIGINT       NOT NULL,
  expires_us      BIGINT       NOT NULL,
  KEY expiry (expires_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
