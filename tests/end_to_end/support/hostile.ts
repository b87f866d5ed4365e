// Names that somebody could send to harm whoever looks at them, or only the layout.
export const hostileNames = [
  `<img src=x onerror="window.harmed=1">`,
  `"><script>window.harmed=1</script>`,
  `=HYPERLINK("http://127.0.0.1:9/","open me")`,
  "  @SUM(1+1)*cmd|' /C calc'!A0",
  `{{constructor.constructor("window.harmed=1")()}}`,
  `'; DROP TABLE "hourly_clicks"; --`,
  "pages.products.detail.sidebar.recommendations.carousel.item.image.hover.zoom.from-a-generated-selector",
  "eine,Liste,mit\\Kommas",
  "قائمة.الشراء.الدفع",
];
