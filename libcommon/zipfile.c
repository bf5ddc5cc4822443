#include "libcommon/zipfile.h"

#include <string.h>
#include <zip.h>

static yb_err_t read_member(zip_t *zip, yb_arena_t *arena, char **ret_text, size_t *ret_len)
{
    zip_stat_t st;
    if (zip_get_num_entries(zip, 0) != 1 || zip_stat_index(zip, 0, 0, &st) != 0 || (st.valid & ZIP_STAT_SIZE) == 0 ||
        st.size > YB_ZIP_PLAIN_MAX)
        return YB_E_FILE_FORM;
    zip_file_t *file = zip_fopen_index(zip, 0, 0);
    if (file == NULL)
        return YB_E_FILE_FORM;
    yb_err_t err = YB_E_FILE_FORM;
    char *text = yb_arena_alloc(arena, (size_t)st.size + 1);
    if (text == NULL)
        err = YB_E_NO_MEMORY;
    else if (zip_fread(file, text, st.size) == (zip_int64_t)st.size) {
        text[st.size] = '\0';
        *ret_text = text;
        *ret_len = (size_t)st.size;
        err = YB_OK;
    }
    zip_fclose(file);
    return err;
}

yb_err_t yb_zip_read_one(const uint8_t *data, size_t len, yb_arena_t *arena, char **ret_text, size_t *ret_len)
{
    zip_error_t error;
    zip_error_init(&error);
    yb_err_t err = YB_E_FILE_FORM;
    zip_source_t *source = zip_source_buffer_create(data, len, 0, &error);
    zip_t *zip = source != NULL ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    if (zip == NULL) {
        zip_source_free(source);
    } else {
        err = read_member(zip, arena, ret_text, ret_len);
        zip_discard(zip);
    }
    zip_error_fini(&error);
    return err;
}

/* Reads back what was written to `source`. */
static yb_err_t take_bytes(zip_source_t *source, yb_arena_t *arena, uint8_t **ret_data, size_t *ret_len)
{
    if (zip_source_open(source) != 0)
        return YB_E_IO;
    yb_err_t err = YB_E_IO;
    zip_source_seek(source, 0, SEEK_END);
    zip_int64_t size = zip_source_tell(source);
    zip_source_seek(source, 0, SEEK_SET);
    uint8_t *data = size > 0 ? yb_arena_alloc(arena, (size_t)size) : NULL;
    if (data != NULL && zip_source_read(source, data, (zip_uint64_t)size) == size) {
        *ret_data = data;
        *ret_len = (size_t)size;
        err = YB_OK;
    }
    zip_source_close(source);
    return err;
}

yb_err_t yb_zip_write_one(const char *name, const char *text, size_t len, yb_arena_t *arena, uint8_t **ret_data,
                          size_t *ret_len)
{
    zip_error_t error;
    zip_error_init(&error);
    yb_err_t err = YB_E_IO;
    zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = archive != NULL ? zip_open_from_source(archive, ZIP_TRUNCATE, &error) : NULL;
    if (zip == NULL) {
        zip_source_free(archive);
        zip_error_fini(&error);
        return YB_E_IO;
    }
    zip_source_keep(archive);            /* outlives zip_close, to be read back */
    zip_source_t *member = zip_source_buffer(zip, text, len, 0);
    if (member == NULL || zip_file_add(zip, name, member, ZIP_FL_ENC_UTF_8) < 0) {
        zip_source_free(member);
        zip_discard(zip);
    } else if (zip_close(zip) == 0) {
        err = take_bytes(archive, arena, ret_data, ret_len);
    } else {
        zip_discard(zip);
    }
    zip_source_free(archive);
    zip_error_fini(&error);
    return err;
}
