"""Tables: a header, a row a record, whatever the separator or workbook."""
