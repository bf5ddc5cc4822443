-- Who is covered, where, since when; tags; chronic-disease filings. Dates are yyyymmdd, enddate exclusive (99991231 = open), money fen.

CREATE TABLE cover (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  begndate        INT          NOT NULL,
  enddate         INT          NOT NULL,
  poolarea        INT          NOT NULL,
  psn_type        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  insuplc_admdvs  CHAR(6)      CHARACTER SET ascii NOT NULL,
  emp_no          VARCHAR(40)  NOT NULL,
  clct_wage_fen   BIGINT       NOT NULL,
  updated_us      BIGINT       NOT NULL,
  PRIMARY KEY (psn_no, insutype, begndate)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The opening balance of a personal account, told to settlement once per person and scheme.
CREATE TABLE account_opening (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  poolarea        INT          NOT NULL,
  begndate        INT          NOT NULL COMMENT 'of the cover it opened with',
  balc_fen        BIGINT       NOT NULL,
  opened_us       BIGINT       NOT NULL,
  PRIMARY KEY (psn_no, insutype)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE tag (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tag             VARCHAR(20)  NOT NULL COMMENT '特困, 低保, 返贫致贫, 低收入',
  begndate        INT          NOT NULL,
  enddate         INT          NOT NULL,
  poolarea        INT          NOT NULL,
  updated_us      BIGINT       NOT NULL,
  PRIMARY KEY (psn_no, tag, begndate)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Outpatient chronic-disease filings (2503). What is cancelled stays, marked.
CREATE TABLE filing (
  trt_dcla_detl_sn BIGINT      NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  opsp_dise_code  VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  opsp_dise_name  VARCHAR(300) NOT NULL,
  begndate        INT          NOT NULL,
  enddate         INT          NOT NULL,
  live            TINYINT      NULL COMMENT '1, or NULL once cancelled (so it may be filed again)',
  insu_optins     VARCHAR(20)  NOT NULL,
  ide_fixmedins_no VARCHAR(30) NOT NULL,
  hosp_ide_date   INT          NOT NULL COMMENT '0 = not said',
  filed_by        VARCHAR(30)  NOT NULL COMMENT 'institution; empty = import',
  detail          MEDIUMTEXT   NOT NULL COMMENT 'canonical JSON of what else the hospital said',
  filed_us        BIGINT       NOT NULL,
  cancelled_us    BIGINT       NOT NULL,
  cancelled_by    VARCHAR(30)  NOT NULL,
  cancel_memo     VARCHAR(500) NOT NULL,
  UNIQUE KEY filed (psn_no, insutype, opsp_dise_code, begndate, live)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Whoever files for a person holds that person's row: two filings of one disease cannot overlap by racing.
CREATE TABLE person_lock (
  psn_no          VARCHAR(30)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Imports (libcommon/import.h).
CREATE TABLE import_stage (
  import_id       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind            VARCHAR(20)  CHARACTER SET ascii NOT NULL,
  line            BIGINT       NOT NULL,
  row_data        MEDIUMBLOB   NOT NULL,
  fault_column    VARCHAR(64)  NULL,
  fault_reason    VARCHAR(300) NULL,
  staged_us       BIGINT       NOT NULL,
  PRIMARY KEY (import_id, kind, line),
  KEY age (staged_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE import_done (
  import_id       VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind            VARCHAR(20)  CHARACTER SET ascii NOT NULL,
  added           BIGINT       NOT NULL,
  changed         BIGINT       NOT NULL,
  same            BIGINT       NOT NULL,
  done_us         BIGINT       NOT NULL,
  PRIMARY KEY (import_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE import_lock (
  kind            VARCHAR(20)  CHARACTER SET ascii NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO import_lock (kind) VALUES ('coverage'), ('tags'), ('chronic');
