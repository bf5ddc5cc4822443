-- Who is who: persons, institutions, catalogue. Every row knows its pooling area (统筹区) where it has one, 0 = none known.
-- ID numbers, names and secrets are sealed (libcommon/crypto.h yb_box) and found by keyed hash. Dates are yyyymmdd, enddate exclusive.

CREATE TABLE person (
  psn_no          VARCHAR(30)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  poolarea        INT            NOT NULL,
  psn_cert_type   VARCHAR(6)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  certno          VARBINARY(250) NOT NULL COMMENT 'sealed',
  certno_lookup   BINARY(32)     NOT NULL COMMENT 'HMAC-SM3 of the ID number',
  psn_name        VARBINARY(300) NOT NULL COMMENT 'sealed UTF-8',
  gend            VARCHAR(6)     CHARACTER SET ascii NOT NULL,
  naty            VARCHAR(3)     CHARACTER SET ascii NOT NULL,
  brdy            INT            NOT NULL COMMENT '0 = unknown',
  created_us      BIGINT         NOT NULL,
  updated_us      BIGINT         NOT NULL,
  UNIQUE KEY certificate (certno_lookup, psn_cert_type)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE institution (
  fixmedins_code  VARCHAR(12)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  poolarea        INT            NOT NULL,
  fixmedins_name  VARCHAR(200)   NOT NULL,
  fixmedins_type  VARCHAR(6)     CHARACTER SET ascii NOT NULL,
  hosp_lv         VARCHAR(6)     CHARACTER SET ascii NOT NULL,
  charge_class    TINYINT        NOT NULL COMMENT '1 一类, 2 二类, 3 三类, 0 = none (pharmacy)',
  tier            VARCHAR(10)    CHARACTER SET ascii NOT NULL,
  admdvs          CHAR(6)        CHARACTER SET ascii NOT NULL,
  uscc            VARCHAR(18)    CHARACTER SET ascii NOT NULL,
  app_secret      VARBINARY(400) NOT NULL COMMENT 'sealed; empty = may call unsigned in the sandbox',
  blocked         TINYINT        NOT NULL,
  rate_per_s      INT            NOT NULL COMMENT '0 = no limit of its own',
  require_sign_in TINYINT        NOT NULL,
  created_us      BIGINT         NOT NULL,
  updated_us      BIGINT         NOT NULL,
  KEY type (fixmedins_type, fixmedins_code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE catalogue (
  med_list_codg   VARCHAR(50)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insu_admdvs     VARCHAR(6)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'empty = every area',
  begndate        INT            NOT NULL,
  enddate         INT            NOT NULL,
  poolarea        INT            NOT NULL,
  list_type       VARCHAR(6)     CHARACTER SET ascii NOT NULL,
  name            VARCHAR(500)   NOT NULL,
  chrgitm_lv      VARCHAR(3)     CHARACTER SET ascii NOT NULL COMMENT '01 甲, 02 乙, 03 丙',
  selfpay_prop_ppm INT           NOT NULL,
  pric_uplmt      BIGINT         NOT NULL COMMENT '10^-6 yuan; -1 = no limit',
  updt_day        INT            NOT NULL,
  PRIMARY KEY (med_list_codg, insu_admdvs, begndate)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE sign_in (
  sign_no         VARCHAR(30)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  poolarea        INT            NOT NULL,
  fixmedins_code  VARCHAR(12)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  opter_no        VARCHAR(30)    NOT NULL,
  mac             VARCHAR(20)    NOT NULL,
  ip              VARCHAR(40)    NOT NULL,
  sign_time       BIGINT         NOT NULL COMMENT 'yyyymmddHHMMSS',
  out_time        BIGINT         NOT NULL COMMENT '0 = still in',
  KEY institution (fixmedins_code, sign_time)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who read whose record, when, for what. Only ever added to.
CREATE TABLE person_read (
  read_id         BIGINT         NOT NULL PRIMARY KEY,
  read_us         BIGINT         NOT NULL,
  poolarea        INT            NOT NULL,
  psn_no          VARCHAR(30)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  service         VARCHAR(30)    NOT NULL,
  fixmedins_code  VARCHAR(30)    NOT NULL,
  opter           VARCHAR(30)    NOT NULL,
  purpose         VARCHAR(30)    NOT NULL,
  request_id      BINARY(16)     NOT NULL,
  KEY person (psn_no, read_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Imports (libcommon/import.h).
CREATE TABLE import_stage (
  import_id       VARCHAR(64)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind            VARCHAR(20)    CHARACTER SET ascii NOT NULL,
  line            BIGINT         NOT NULL,
  row_data        MEDIUMBLOB     NOT NULL,
  fault_column    VARCHAR(64)    NULL,
  fault_reason    VARCHAR(300)   NULL,
  staged_us       BIGINT         NOT NULL,
  PRIMARY KEY (import_id, kind, line),
  KEY age (staged_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE import_done (
  import_id       VARCHAR(64)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind            VARCHAR(20)    CHARACTER SET ascii NOT NULL,
  added           BIGINT         NOT NULL,
  changed         BIGINT         NOT NULL,
  same            BIGINT         NOT NULL,
  done_us         BIGINT         NOT NULL,
  PRIMARY KEY (import_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE import_lock (
  kind            VARCHAR(20)    CHARACTER SET ascii NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO import_lock (kind) VALUES ('persons'), ('institutions'), ('catalogue');
