/** Container tag: whose a document is. 1 to 100 characters. Apart from its schema, for pages that carry no schema library. */
export const containerTagPattern = /^[a-zA-Z0-9_:.-]{1,100}$/;
