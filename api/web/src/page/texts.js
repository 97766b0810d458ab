/** Words of the page, Chinese first. Reasons say what was found and what to do next, never more than was checked. */

/** @typedef {'zh' | 'en'} Lang */

/** Static texts by `data-t`. @type {Record<Lang, Record<string, string>>} */
export const PAGE = {
  zh: {
    'document-title': '核验民政码与证书 · 民政信',
    skip: '跳到正文',
    brand: '民政信',
    language: 'English',
    'language-label': 'Switch to English',
    title: '核验民政码与证书',
    lead: '查一查结婚证、捐赠证书是不是真的、现在还有没有效。',
    private: '核验在您的设备上完成，码和文件都不会上传。',
    scan: '用摄像头扫码',
    file: '选择图片或证书文件',
    'file-hint': '民政码的照片或截图，PDF、OFD 证书，或扩展名为 .mzc 的证书文件；它的见证、锚定证明可以一起选。也可以拖到这里。',
    paste: '或者粘贴民政码的文字',
    'text-hint': '以 MZ1: 或 https:// 开头。',
    check: '核验',
    'camera-title': '把民政码放进方框',
    'camera-looking': '正在寻找民政码……',
    'camera-other': '看到一个二维码，但不是民政码。请对准民政码。',
    stop: '停止扫码',
    'help-title': '需要帮助？',
    'help-counter': '不方便用手机或电脑，请带上证书到就近的婚姻登记处或民政服务窗口，工作人员可以当面核验。窗口服务一直保留，不收费。',
    'help-read': '看不清：可以用浏览器放大页面，也可以用读屏软件朗读结果。',
    'help-limit': '本页只回答“这份证书是否真实、是否仍然有效”，不查询任何人的婚姻状况。',
    footer: '结果由您的浏览器按颁发机构的签名得出。不想依赖本网站的，可以用离线核验工具 mz-verify。',
    licenses: '所用开源软件',
    checking: '正在核验……',
    reading: '正在读取图片……',
  },
  en: {
    'document-title': 'Check a Minzheng code or certificate · Minzheng Trust',
    skip: 'Skip to content',
    brand: 'Minzheng Trust',
    language: '中文',
    'language-label': '切换到中文',
    title: 'Check a Minzheng code or certificate',
    lead: 'Find out whether a marriage or donation certificate is genuine and still valid.',
    private: 'The check runs on your device. Neither code nor file is uploaded.',
    scan: 'Scan with the camera',
    file: 'Choose a picture or certificate file',
    'file-hint': 'A photo or screenshot of the code, a certificate as PDF or OFD, or a file ending in .mzc, together with its witness and anchor proofs if you have them. You can also drop them here.',
    paste: 'Or paste the text of the code',
    'text-hint': 'It begins with MZ1: or https://',
    check: 'Check',
    'camera-title': 'Hold the code inside the frame',
    'camera-looking': 'Looking for a Minzheng code…',
    'camera-other': 'This is a QR code, but not a Minzheng code. Please point at the Minzheng code.',
    stop: 'Stop scanning',
    'help-title': 'Need help?',
    'help-counter': 'If a phone or computer is not convenient, take the certificate to a marriage registry or civil-affairs counter nearby. Staff will check it in person; the counters stay open and it is free.',
    'help-read': 'Hard to read? Enlarge the page in your browser, or have a screen reader read the result.',
    'help-limit': 'This page only says whether this certificate is genuine and still valid. It does not look up anybody’s marital status.',
    footer: 'Your browser reaches the result from the issuer’s signature. To do without this site, use the off-line tool mz-verify.',
    licenses: 'Open-source software used',
    checking: 'Checking…',
    reading: 'Reading the picture…',
  },
};

/** What went wrong before anything could be checked. @type {Record<Lang, Record<string, string>>} */
export const PROBLEMS = {
  zh: {
    'camera-denied': '浏览器没有允许使用摄像头。请在地址栏旁的权限设置中允许，或改用“选择图片”。',
    'camera-missing': '没有找到可用的摄像头。请改用“选择图片或证书文件”。',
    'camera-insecure': '只有通过 https 打开本页才能使用摄像头。请改用“选择图片或证书文件”。',
    'no-code': '图片里没有找到民政码。请让码占画面的大部分，避免反光和模糊，再拍一张；截图比拍屏幕更清楚。',
    'not-picture': '这个文件打不开。可以使用 PNG、JPEG 图片，PDF、OFD 证书，或 .mzc 证书文件。',
    pdf: '这份 PDF 里没有证书文件，本页无法核验整份文件。请用摄像头对准文件上印的民政码，或把它截图后上传。注意：码是真的，不代表整份文件没有被改过，请以核验结果显示的内容为准。',
    ofd: '这个 OFD 或压缩文件里没有证书文件，本页无法核验整份文件。请对文件上印的民政码扫码或截图上传。',
    'too-large': '文件太大。.mzc 证书文件不超过 256 KB，PDF、OFD 不超过 16 MB，图片不超过 30 MB。',
    'other-code': '图片里的二维码不是民政码。请选择民政码的照片或截图。',
    several: '请一次只核验一份证书。它的见证、锚定证明可以一起选。',
    'evidence-alone': '这是见证或锚定的证明，里面没有证书。请和证书文件（.mzc）一起选择。',
    observation: '这是某个节点对区块链记录的转述，别人无从核实，本页不采用。请改用锚定证明 anchor-proof.cbor。',
    'no-decoder': '读码程序没有加载成功，还没有核验。请检查网络后再试，或粘贴民政码的文字。',
    failed: '核验没有完成，不能说明证书是真是假。请检查设备的日期时间，刷新页面后再试，或到窗口核验。',
    empty: '请先粘贴民政码的文字。',
  },
  en: {
    'camera-denied': 'The browser did not allow the camera. Allow it in the permissions beside the address, or choose a picture instead.',
    'camera-missing': 'No camera was found. Choose a picture or certificate file instead.',
    'camera-insecure': 'The camera works only when this page is opened over https. Choose a picture or certificate file instead.',
    'no-code': 'No Minzheng code was found in the picture. Let the code fill most of it, without glare or blur, and try again; a screenshot is clearer than a photo of a screen.',
    'not-picture': 'This file cannot be read. Use a PNG or JPEG picture, a certificate as PDF or OFD, or an .mzc file.',
    pdf: 'There is no certificate inside this PDF, so the file as a whole cannot be checked. Scan the code printed on it, or upload a screenshot of the code. A genuine code does not prove that the rest of the document is unchanged: rely on what the result shows.',
    ofd: 'There is no certificate inside this OFD or archive file, so it cannot be checked as a whole. Scan the code printed on it or upload a screenshot.',
    'too-large': 'The file is too large: .mzc files up to 256 KB, PDF and OFD up to 16 MB, pictures up to 30 MB.',
    'other-code': 'The QR code in the picture is not a Minzheng code. Choose a photo or screenshot of the Minzheng code.',
    several: 'Please check one certificate at a time. Its witness and anchor proofs may come with it.',
    'evidence-alone': 'This proves what witnesses or a chain say, but it holds no certificate. Choose it together with the certificate file (.mzc).',
    observation: 'This is what somebody’s node said about the chain, which nobody else can check; this page does not use it. Use the proof, anchor-proof.cbor, instead.',
    'no-decoder': 'The code reader could not be loaded; nothing was checked. Check the connection and try again, or paste the text of the code.',
    failed: 'The check was not completed, which says nothing about the certificate. Check the date on your device, reload the page and try again, or ask at a counter.',
    empty: 'Paste the text of the code first.',
  },
};

/** Heading of each outcome. @type {Record<Lang, Record<string, string>>} */
export const OUTCOMES = {
  zh: { PASSED: '核验通过', FAILED: '核验不通过', INDETERMINATE: '暂时无法确定' },
  en: { PASSED: 'Genuine and valid', FAILED: 'Not accepted', INDETERMINATE: 'Could not be determined' },
};

/** One sentence for laypeople by reason. @type {Record<Lang, Record<string, string>>} */
export const REASONS = {
  zh: {
    OK: '证书由下列机构签发，内容没有被改动，目前仍然有效。',
    MALFORMED_CODE: '这不是民政码，或者码已经损坏、抄写不全。',
    MALFORMED_FILE: '这不是证书文件，或者文件已经损坏。',
    MALFORMED_CREDENTIAL: '码里的内容不符合证书格式，可能被改动过。',
    ALGORITHM_MISMATCH: '签名方式与颁发机构的密钥不符，不能采信。',
    KEY_NOT_ALLOWED_FOR_KIND: '签名的机构无权签发这类证书，不能采信。',
    KEY_NOT_VALID_AT_ISSUE: '签发时所用的密钥不在有效期内，不能采信。',
    SIGNATURE_INVALID: '签名不正确：内容被改动过，或者是伪造的。',
    EXPIRED: '证书已经过了有效期。',
    DISCLOSURE_INVALID: '文件中显示的信息与证书不一致，可能被改动过。',
    STATUS_NOT_VALID: '这份证书确由该机构签发，但现在已经失效（例如已补领新证）。失效原因不对外公布。',
    RECEIPT_INVALID: '文件附带的登记回执不正确，文件可能被改动过。',
    LOG_FORKED: '公开日志对同一时刻签署了两份不同的记录，不能采信。请向颁发机构或民政窗口反映。',
    ANCHOR_MISMATCH: '区块链上的记录与回执不一致。',
    DOCUMENT_ALTERED: '这份文件被改动过：和签发机构声明的内容不一致。',
    RENDITION_INVALID: '签发机构关于这份文件的声明不正确。',
    RENDITION_MISMATCH: '关于这份文件的声明说的是另一份证书。',
    COPY_EXPIRED: '这是加注件，已经过了使用期限。',
    SEAL_INVALID: '文件上的电子签章不正确。',
    PRESENTATION_INVALID: '这次出示不成立：不是持证人绑定的设备所签。',
    PRESENTATION_MISMATCH: '这次出示是给别的机构的，或是针对别的一次询问。',
    PRESENTATION_EXPIRED: '这次出示已经过时，请持证人重新出示。',
    TRACE_INVALID: '捐款去向的证明不成立，与慈善组织签署的账目不符。',
    ALGORITHM_UNSUPPORTED: '本页不支持这种签名方式。',
    ISSUER_UNKNOWN: '名单里没有这个颁发机构，无法判断真假。请向颁发机构或民政窗口核实。',
    KEY_UNKNOWN: '名单里没有该机构的这把密钥，无法判断真假。可能名单尚未更新，请稍后再试或到窗口核实。',
    KEY_REVOKED: '该机构的密钥已经撤销，又没有记录证明证书签发在撤销之前。请改用证书文件（.mzc）核验，或到窗口核实。',
    NOT_YET_VALID: '证书还没有生效，或者您设备的日期时间不准。请检查设备时间后再试。',
    KIND_UNKNOWN: '签名正确，但本页不认识这类证书。请刷新页面后再试。',
    TRUST_EXPIRED: '颁发机构名单已经过期，或者您设备的日期时间不准。请检查时间并刷新页面。',
    STATUS_MISSING: '签名正确，但没有取到失效名单，不知道证书现在是否仍然有效。请联网后再试。',
    STATUS_STALE: '签名正确，但失效名单已经过期，或者您设备的时间不准。请联网后再试。',
    STATUS_MALFORMED: '签名正确，但取到的失效名单已损坏，不知道证书现在是否仍然有效。请稍后再试。',
    STATUS_SIGNATURE_INVALID: '签名正确，但失效名单的签名不对，不能采信。请稍后再试或到窗口核实。',
    STATUS_OUT_OF_RANGE: '签名正确，但失效名单里没有这份证书的位置。请到窗口核实。',
    RECEIPT_MISSING: '签名正确，但文件里没有登记回执，不能证明它已登入公开日志。请向持证人要带回执的文件。',
    RECEIPT_LOG_UNKNOWN: '签名正确，但登记回执来自名单之外的日志，无法判断。',
    QUORUM_NOT_REACHED: '见证方的联署不够。',
    ANCHOR_MISSING: '没有区块链锚定的证据。',
    ANCHOR_UNKNOWN_CHAIN: '锚定在名单之外的链上。',
    ANCHOR_PROOF_INVALID: '区块链锚定的证明未能核验。',
    RENDITION_MISSING: '文件里的证书另行核对，但没有人声明这份文件本身没有被改过。',
    SEAL_UNCERTAIN: '文件上的电子签章未能核验。',
    TRUST_MISSING: '没有取到颁发机构名单，无法核验。请联网后再试。',
  },
  en: {
    OK: 'It was issued by the authority below, has not been changed, and is still valid.',
    MALFORMED_CODE: 'This is not a Minzheng code, or it is damaged or incomplete.',
    MALFORMED_FILE: 'This is not a certificate file, or it is damaged.',
    MALFORMED_CREDENTIAL: 'The content of the code is not of the certificate format; it may have been changed.',
    ALGORITHM_MISMATCH: 'The way it is signed does not fit the issuer’s key. Do not rely on it.',
    KEY_NOT_ALLOWED_FOR_KIND: 'Whoever signed it may not issue this kind of certificate. Do not rely on it.',
    KEY_NOT_VALID_AT_ISSUE: 'The key was not valid when it signed. Do not rely on it.',
    SIGNATURE_INVALID: 'The signature is wrong: the content was changed, or it is forged.',
    EXPIRED: 'The certificate has expired.',
    DISCLOSURE_INVALID: 'The details shown in the file are not the certificate’s; they may have been changed.',
    STATUS_NOT_VALID: 'The authority did issue this certificate, but it is no longer valid (a new one may have been issued). The reason is not published.',
    RECEIPT_INVALID: 'The registration receipt in the file is wrong; the file may have been changed.',
    LOG_FORKED: 'The public log signed two different records of the same moment. Do not rely on it, and tell the issuer or a civil-affairs counter.',
    ANCHOR_MISMATCH: 'The record on the chain contradicts the receipt.',
    DOCUMENT_ALTERED: 'This file was altered: it is not what the issuer stated.',
    RENDITION_INVALID: 'The issuer’s statement about this file is wrong.',
    RENDITION_MISMATCH: 'The statement about this file is of another certificate.',
    COPY_EXPIRED: 'This is an annotated copy, and it is past its end.',
    SEAL_INVALID: 'The electronic seal on this file is wrong.',
    PRESENTATION_INVALID: 'This presentation is wrong: it was not signed by the device that is bound to the certificate.',
    PRESENTATION_MISMATCH: 'This was shown to somebody else, or in answer to another challenge.',
    PRESENTATION_EXPIRED: 'This presentation is past its end. Ask for a new one.',
    TRACE_INVALID: 'The trace does not hold: it is not what the charity signed.',
    ALGORITHM_UNSUPPORTED: 'This page does not support the way it is signed.',
    ISSUER_UNKNOWN: 'The issuer is not on the list, so nothing can be said. Ask the issuer or a civil-affairs counter.',
    KEY_UNKNOWN: 'This key of the issuer is not on the list, so nothing can be said. The list may be behind: try later or ask at a counter.',
    KEY_REVOKED: 'The issuer’s key was withdrawn and nothing proves that the certificate is older. Check the certificate file (.mzc) instead, or ask at a counter.',
    NOT_YET_VALID: 'The certificate is not valid yet, or the date on your device is wrong. Check the date and try again.',
    KIND_UNKNOWN: 'The signature is right, but this page does not know this kind of certificate. Reload the page and try again.',
    TRUST_EXPIRED: 'The list of issuers has expired, or the date on your device is wrong. Check the date and reload.',
    STATUS_MISSING: 'The signature is right, but the revocation list could not be fetched, so it is not known whether it is still valid. Go on line and try again.',
    STATUS_STALE: 'The signature is right, but the revocation list has expired, or your clock is wrong. Go on line and try again.',
    STATUS_MALFORMED: 'The signature is right, but the revocation list is damaged. Try again later.',
    STATUS_SIGNATURE_INVALID: 'The signature is right, but that of the revocation list is not. Try later or ask at a counter.',
    STATUS_OUT_OF_RANGE: 'The signature is right, but the revocation list does not reach this one. Ask at a counter.',
    RECEIPT_MISSING: 'The signature is right, but the file has no registration receipt to show that it is in the public log. Ask the holder for a file that has one.',
    RECEIPT_LOG_UNKNOWN: 'The signature is right, but the receipt is of a log that is not on the list, so nothing can be said.',
    QUORUM_NOT_REACHED: 'Not enough witnesses have cosigned.',
    ANCHOR_MISSING: 'There is no evidence of the anchor on the chain.',
    ANCHOR_UNKNOWN_CHAIN: 'It is anchored on a chain that is not on the list.',
    ANCHOR_PROOF_INVALID: 'The proof of the anchor on the chain does not check.',
    RENDITION_MISSING: 'The certificate inside is checked below, but nobody has stated that the file itself is unchanged.',
    SEAL_UNCERTAIN: 'The electronic seal on this file could not be checked.',
    TRUST_MISSING: 'The list of issuers could not be fetched, so nothing could be checked. Go on line and try again.',
  },
};

/** What to do after a result that is not PASSED. @type {Record<Lang, Record<string, string>>} */
export const ADVICE = {
  zh: {
    FAILED: '请不要凭这份证书办理业务。如有疑问，请联系颁发机构，或到民政窗口当面核验。',
    INDETERMINATE: '“无法确定”不等于“是假的”。着急办理的，请到民政窗口当面核验。',
  },
  en: {
    FAILED: 'Do not act on this certificate. If in doubt, ask the issuer or have it checked at a civil-affairs counter.',
    INDETERMINATE: '“Could not be determined” does not mean false. If it is urgent, have it checked at a civil-affairs counter.',
  },
};

/** @type {Record<Lang, Record<string, string>>} */
export const KINDS = {
  zh: { 1: '结婚证', 2: '离婚证', 3: '捐赠证书' },
  en: { 1: 'Marriage certificate', 2: 'Divorce certificate', 3: 'Donation certificate' },
};

/** What a genuine certificate of a kind does not say. @type {Record<Lang, Record<string, string>>} */
export const NOTICES = {
  zh: {
    1: '证书真实有效，不等于当事人目前的婚姻状况。',
    3: '这不是捐赠票据（财政票据），不能用来办理税前扣除。',
  },
  en: {
    1: 'A genuine, valid certificate does not prove anybody’s present marital status.',
    3: 'This is not the fiscal donation receipt and cannot be used for tax deduction.',
  },
};

/** Labels of the result. @type {Record<Lang, Record<string, string>>} */
export const LABELS = {
  zh: {
    kind: '证书种类', issuer: '颁发机构', 'issuer-unproven': '自称的颁发机构', issued: '签发日期', status: '失效名单', checked: '核验时间',
    document: '文件', 'document-unchanged': '{form}，与签发机构声明的内容一致', 'copy-until': '加注件，使用至', seal: '电子签章', 'seal-by': '签章人：', 'seal-on': '盖章时间：',
    amount: '捐赠金额', plan: '募捐方案备案编号', day: '收到日期',
    disclosed: '持证人出示的信息', 'disclosed-hint': '以下信息已与证书核对一致，只显示在您的屏幕上。',
    levels: '做了哪些检查', evidence: '加入见证或锚定证明',
    'evidence-hint': '检查点文件或 anchor-proof.cbor，可向持证人或颁发机构索取。本页不会自己去取：取哪一份，会让服务器大致知道您在核验谁的证书。', details: '技术细节', again: '再核验一份', print: '打印结果', needs: '缺少什么',
    reason: '原因代码', trust: '颁发机构名单', sequence: '第 {n} 版', root: '根密钥指纹（SM3）', step: '步骤', unknown: '未知', yes: '是', no: '否',
    paper: '码是真的，不等于印着它的纸张、图片没有被改过。要核对姓名等内容，请持证人出示证书文件（.mzc）。',
    printed: '打印件只记录上述时间的核验结果，本身不能作为证明；收到打印件的，请自行再核验一次。',
    'unproven-hint': '签名没有通过核对，下面的内容不可信，仅供参考。',
  },
  en: {
    kind: 'Kind', issuer: 'Issued by', 'issuer-unproven': 'Claims to be issued by', issued: 'Issued on', status: 'Revocation list', checked: 'Checked',
    document: 'File', 'document-unchanged': '{form}, exactly what the issuer stated', 'copy-until': 'Annotated copy, to be used until', seal: 'Electronic seal', 'seal-by': 'Signed by: ', 'seal-on': 'Applied: ',
    amount: 'Amount donated', plan: 'Fundraising plan number', day: 'Received on',
    disclosed: 'What the holder shows', 'disclosed-hint': 'These details match the certificate. They are shown on your screen only.',
    levels: 'What was checked', evidence: 'Add a witness or anchor proof',
    'evidence-hint': 'A checkpoint file or anchor-proof.cbor, from the holder or the issuer. This page does not fetch one by itself: which one it asked for would tell the server roughly whose certificate you check.', details: 'Technical details', again: 'Check another', print: 'Print result', needs: 'What is missing',
    reason: 'Reason code', trust: 'List of issuers', sequence: 'version {n}', root: 'Root key fingerprint (SM3)', step: 'Step', unknown: 'Unknown', yes: 'yes', no: 'no',
    paper: 'A genuine code does not prove that the paper or picture around it is unchanged. To compare names and other details, ask the holder for the certificate file (.mzc).',
    printed: 'This print records what the check said at the time above. It proves nothing by itself: whoever is handed it should check again.',
    'unproven-hint': 'The signature was not confirmed: do not rely on what is shown below.',
  },
};

/** @type {Record<Lang, Record<string, string>>} */
export const NEEDS = {
  zh: { 'trust-bundle': '最新的颁发机构名单', 'issuer-key': '颁发机构的密钥', 'status-list': '最新的失效名单', receipt: '登记回执', anchor: '链上锚定的证明', checkpoint: '有见证方联署的检查点', cosignatures: '更多见证方的联署', 'witness-policy': '名单中的见证方', validators: '名单中该链的验证节点', 'rendition-statement': '签发机构关于这份文件的声明' },
  en: { 'trust-bundle': 'the latest list of issuers', 'issuer-key': 'the issuer’s key', 'status-list': 'the latest revocation list', receipt: 'a registration receipt', anchor: 'a proof of the anchor on the chain', checkpoint: 'a checkpoint with the witnesses’ signatures', cosignatures: 'more witnesses’ signatures', 'witness-policy': 'witnesses on the list', validators: 'the chain’s validators on the list', 'rendition-statement': 'the issuer’s statement about this file' },
};

/** Levels in plain words: reached, not reached. @type {Record<Lang, Record<string, [string, string, string]>>} */
export const LEVELS = {
  zh: {
    L1: ['签名正确：确由该机构签发，没有被改动', '签名没有通过核对', '签名没有通过核对'],
    STATUS: ['已查失效名单：没有失效', '没能查失效名单', '已查失效名单：证书已经失效'],
    L3: ['已登入公开日志，事后不能悄悄更改', '公开日志：没有可用的登记回执，没有检查', '日志回执不正确'],
    L4: ['独立见证方已联署：他们看到的是同一份记录', '独立见证方联署：没有确认', '日志对同一批记录签署了两份不同的内容'],
    L5: ['已锚定在区块链上：连日志机构自己也改不了', '区块链锚定：没有确认', '区块链上的记录与登记回执不一致'],
  },
  en: {
    L1: ['Signature right: issued by this authority and unchanged', 'Signature not confirmed', 'Signature not confirmed'],
    STATUS: ['Revocation list consulted: still valid', 'Revocation list could not be consulted', 'Revocation list consulted: no longer valid'],
    L3: ['Entered in the public log; cannot be changed unnoticed', 'Public log: no receipt that could be checked (a code carries none)', 'Log receipt wrong'],
    L4: ['Cosigned by independent witnesses: they were shown the same records', 'Independent witnesses: not confirmed', 'The log signed two different versions of the same records'],
    L5: ['Anchored on a chain: not even the log can change it', 'Anchor on a chain: not confirmed', 'The chain’s record contradicts the receipt'],
  },
};

/** What stands below levels L4 and L5: who cosigned, where it is anchored, or what was not at hand. @type {Record<Lang, Record<string, string>>} */
export const EVIDENCE = {
  zh: {
    'no-receipt': '需要登记回执才能检查。',
    'no-policy': '名单里没有指定见证方。',
    'no-cosignature': '没有带来可用的联署。',
    cosigned: '已联署的见证方：名单 {n} 家中的 {k} 家',
    chain: '链：{name}（编号 {id}）',
    block: '证明所在区块：第 {number} 块，{time}。锚定不晚于此时。',
    ANCHOR_MISSING: '没有带来锚定证明。',
    ANCHOR_PROOF_INVALID: '带来的锚定证明没有通过核对，不采用。',
    ANCHOR_UNKNOWN_CHAIN: '带来的锚定证明属于名单之外的链，不采用。',
  },
  en: {
    'no-receipt': 'It takes a registration receipt to check this.',
    'no-policy': 'The list names no witnesses.',
    'no-cosignature': 'No witness’s signature was at hand.',
    cosigned: 'Witnesses who signed: {k} of the {n} on the list',
    chain: 'Chain: {name} (number {id})',
    block: 'Proven in block {number} of {time}. The anchor is not younger.',
    ANCHOR_MISSING: 'No proof of the anchor was at hand.',
    ANCHOR_PROOF_INVALID: 'The proof of the anchor does not check, so it is not used.',
    ANCHOR_UNKNOWN_CHAIN: 'The proof of the anchor is of a chain that is not on the list, so it is not used.',
  },
};
