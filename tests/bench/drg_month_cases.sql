-- The grouped cases of drg_month.sql, from the file of cases (local_infile): blank = not known, codes parted by a blank.
CREATE DATABASE IF NOT EXISTS yibao_bench CHARACTER SET utf8mb4;
CREATE OR REPLACE TABLE yibao_bench.drg_case (n INT NOT NULL PRIMARY KEY, sex TINYINT NOT NULL, age INT NOT NULL, age_day INT NOT NULL,
  weight_g INT NOT NULL, los INT NOT NULL, dscg_way VARCHAR(3) NOT NULL, dx TEXT NOT NULL, px TEXT NOT NULL, drg VARCHAR(16) NOT NULL
) ENGINE=InnoDB CHARACTER SET ascii COLLATE ascii_bin;
SET @n = -1;
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE yibao_bench.drg_case CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' IGNORE 1 LINES
  (@id, sex, @age, @age_day, @weight, los, dscg_way, @dx, @px, @mdc, @adrg, drg)
  SET n = (@n := @n + 1), age = IF(@age = '', -1, @age), age_day = IF(@age_day = '', -1, @age_day), weight_g = IF(@weight = '', -1, @weight),
      dx = REPLACE(@dx, '|', ' '), px = REPLACE(@px, '|', ' ');
