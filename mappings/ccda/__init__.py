"""C-CDA documents (HL7 CDA R2, Consolidated CDA R1.1 to R2.1) read into what a care manager compares with the chart.

`secure_xml` opens the bytes, `header` says whose document it is, `medications`, `allergies` and `problems` read the
entries, `document` puts them together, `same_patient` guards, `comparison` lays the medicines beside the chart's.
What cannot be read is named and never guessed. https://www.hl7.org/implement/standards/product_brief.cfm?product_id=492
"""
