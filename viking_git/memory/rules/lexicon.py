"""The words that the rules know: verbs, relations, occupations. English only; other languages are passed over."""

from viking_git.model.words import word_set

PAST = word_set(
    "was were had did went got made took came saw gave found told left felt brought began kept held wrote stood "
    "heard met ran paid sat spoke lay led grew lost fell sent built understood drew broke spent rose "
    "drove bought wore chose sang swam flew rode won caught taught fought thought sold slept threw hid became ate "
    "drank forgot shook woke hung dug froze tore swore stuck dealt fed fled lit shot slid spun stole struck "
    "wound"
)
"""Irregular past forms; regular ones end in -ed."""
SAME_IN_PAST = word_set("put cut let hit hurt quit shut read set cost bet beat spread split burst")
"""Verbs that do not show their tense."""
PRESENT = word_set(
    "live work use prefer like love hate enjoy dislike want need run play study teach speak own drive eat drink write "
    "read make cook bake build manage lead volunteer collect paint draw dance sing swim hike climb travel believe "
    "think know see feel find keep take get go come try help practice practise train coach design develop code "
    "program commute walk ride bike cycle garden knit sew photograph watch listen follow support attend meditate "
    "journal wake sleep exercise shop share spend pay rent stay belong identify consider call host organize organise "
    "maintain review deploy test commit ship document avoid expect mean hope plan wish miss adore appreciate admire "
    "care depend rely struggle deal look start begin end finish stop continue carry bring buy sell earn save invest "
    "rely review debug format lint indent name squash rebase merge push pull favor favour tend handle have do say put "
    "set"
)
"""Base forms that may take an -s."""
ADVERBS = word_set(
    "really just also always never usually still actually recently finally even only often already currently "
    "definitely totally mostly generally typically normally strongly personally now sometimes kinda truly absolutely "
    "almost rarely honestly mainly probably especially particularly strictly consistently regularly simply both all "
    "ever once officially basically lately"
)
MODALS = word_set("can could will would shall should may might must cannot can't couldn't won't wouldn't shouldn't")
MENTAL = word_set(
    "thought felt knew wanted meant said told mentioned forgot heard realized realised guessed hoped wished was were "
    "had understood asked wondered noticed figured loved liked remembered believed needed tried did looked seemed "
    "kept let appreciated enjoyed supposed agreed saw"
)
"""Past verbs that say what somebody thought or how something was; a date does not make an event of them."""

FAMILY = word_set(
    "mother mom mum father dad sister brother son daughter wife husband partner girlfriend boyfriend fiancé fiancée "
    "fiance fiancee grandmother grandma grandfather grandpa aunt uncle cousin niece nephew mother-in-law "
    "father-in-law sister-in-law brother-in-law stepmother stepfather stepson stepdaughter godmother godfather twin "
    "child baby kid"
)
ACQUAINTED = word_set(
    "friend roommate flatmate neighbor neighbour colleague coworker co-worker teammate boss manager mentor teacher "
    "coach professor advisor supervisor therapist doctor landlord cofounder co-founder designer developer engineer "
    "lead client customer assistant intern trainer tutor accountant lawyer"
)
ANIMALS = word_set("dog cat puppy kitten horse parrot rabbit hamster turtle bird fish pet pup kitty bunny snake lizard")
THINGS = {
    "project": "project", "app": "project", "service": "project", "library": "project", "repo": "project",
    "repository": "project", "package": "project", "product": "project", "website": "project", "game": "project",
    "tool": "project", "startup": "organization", "company": "organization", "team": "organization",
    "client": "organization", "vendor": "organization", "band": "organization", "employer": "organization",
    "school": "organization", "university": "organization", "studio": "organization", "shop": "organization",
    "store": "organization", "café": "place", "cafe": "place", "restaurant": "place", "gym": "place",
    "office": "place", "hometown": "place",
}  # fmt: skip
"""Nouns before or after a name that say what is called so."""

OCCUPATIONS = word_set(
    "nurse doctor physician surgeon dentist vet veterinarian pharmacist therapist psychologist psychiatrist counselor "
    "counsellor teacher professor lecturer tutor student researcher scientist physicist chemist biologist "
    "mathematician statistician historian linguist engineer developer programmer architect designer illustrator "
    "artist painter sculptor musician singer composer guitarist pianist drummer dancer actor actress director "
    "producer photographer filmmaker writer author novelist poet journalist reporter editor translator librarian "
    "lawyer attorney solicitor judge paralegal accountant auditor banker economist analyst consultant manager "
    "executive entrepreneur founder co-founder ceo cto freelancer contractor administrator secretary receptionist "
    "recruiter salesperson marketer chef cook baker barista bartender waiter waitress farmer gardener carpenter "
    "electrician plumber mechanic welder builder driver pilot sailor soldier veteran officer policeman policewoman "
    "firefighter paramedic coach trainer athlete runner cyclist sysadmin devops maintainer intern apprentice retiree "
    "pensioner teacher's_assistant social_worker data_scientist physiotherapist midwife optician radiologist "
    "stay-at-home_mom stay-at-home_dad"
)
EMPTY_OBJECTS = word_set(
    "it this that these those them him her you your yours us we they he she there here how what when where why who "
    "which one ones everything anything something nothing so such all both mine the option number if"
)
"""Words with which the object of a preference or a decision points elsewhere: what it means is not in the sentence."""

PARTS = word_set(
    "api app application service server database db build build_system pipeline ci backend back_end frontend "
    "front_end website site docs documentation handbook wiki cli worker queue cache gateway proxy load_balancer "
    "cluster staging production prod environment registry repo repository monorepo project codebase test_suite test "
    "tests job scheduler bot sdk library package client dashboard storage bucket data warehouse log metric backup "
    "secret config configuration migration migration_script branch license domain endpoint container image "
    "infrastructure stack schema firewall vpn issue_tracker office program binary plugin broker firmware notebook "
    "model editor_config linter"
)
"""What projects are made of, said with or without "our"."""
RITUALS = word_set(
    "standup stand-up daily retro retrospective sprint planning demo release deployment deploy rollout pull_request "
    "pr merge_request code_review review on-call rotation freeze code_freeze feature_freeze ticket commit_message "
    "changelog invoice payroll all-hands office_hours"
)
"""What teams do again and again."""
TEAM_VERBS = word_set(
    "use write prefer squash rebase follow name keep deploy release test review ship merge push tag branch build run "
    "host meet plan estimate pair document log track monitor freeze cut do have hold work train rotate publish "
    "support maintain store back archive version pin lint format sign hire invoice"
)
"""What a team may be said to do as a custom."""
