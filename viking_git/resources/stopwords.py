"""Words that are in every conversation and are therefore no topic of one."""

_ENGLISH = """
a able about above actually after again against ago ah all almost already also although always am among amp an and
another any anybody anymore anyone anything anyway anywhere apart are aren around as aside ask asked asking at away
awesome back bad be became because become been before began begin behind being believe below beside best better
between big bit both bring but bye by call called came can cannot care case cause certain certainly change check clear
come comes coming cool could couldn course cut day days decide definitely did didn different do does doesn doing don
done down during each either else end enough especially even ever every everybody everyone everything everywhere
exactly example except excited fact far favorite feel feeling feels felt few find fine first follow for found from
full fun further gave get gets getting give given gives giving glad go goes going gone gonna good got gotta great
guess guy guys had half happen happened happy hard has hasn have haven having he hear heard hello help helped helps
her here hers herself hey hi high him himself his hope how however huge idea if imagine important in indeed inside
instead interested interesting into is isn it its itself job just keep keeps kept kind kinda knew know known knows
lack last late lately later least left less let lets like liked likely likes little ll long longer look looked looking
looks lot lots love loved lovely made main make makes making many matter may maybe me mean means meant meet might mind
mine moment more most mostly much must my myself need needed needs neither never new next nice night no nobody none
nor not note nothing now nowhere of off often oh ok okay old on once one ones only onto open or other others otherwise
ought our ours out over own part people perfect perhaps place plan please point possible pretty probably problem put
quite rather re ready real really recently remember rest right run said same saw say saying says see seem seemed seems
seen several shall she should shouldn show side simple simply since small so some somebody someone something sometimes
somewhere soon sorry sort sound sounds speak special start started starting starts step still stop stuff such suggest
super support sure take taken takes taking talk talked talking tell than thank thanks that the their theirs them
themselves then there these they thing things think thinking third this those though thought three through time times
tiny to today together told tomorrow tonight too took totally toward towards tried tries true truly try trying turn
two type under unless until up upon us use used useful uses using usually ve very via wait wanna want wanted wants was
wasn watch way ways we week weeks welcome well went were weren what whatever when whenever where wherever whether
which while who whole whom whose why will wish with within without won wonder wonderful word work worked working works
world worry would wouldn wow write wrong yeah year years yep yes yesterday yet you your yours yourself yourselves
"""

_GERMAN = """
aber alle als also am an auch auf aus bei bin bis bist da damit dann das dass dein dem den der des dich die dir doch
du ein eine einem einen einer eines er es etwas für gibt haben hat hier ich ihm ihn ihr im in ist ja kann kein keine
können mal man mehr mein mich mir mit muss nach nicht noch nur oder schon sehr sein sich sie sind so und uns von vor
war was wenn wer werden wie wir wird wo zu zum zur über
"""

_FRENCH = """
au aux avec ce ces cette comme dans de des du elle en est et eux faire il ils je la le les leur lui ma mais mes moi
mon même ne nos notre nous on ont ou par pas plus pour qu que qui sa se ses son sont sur ta te tes toi ton tu un une
vos votre vous être
"""

_SPANISH = """
como con cual cuando del desde donde el ella ellos entre era eres es esa ese eso esta este esto está están gracias hay
hola la las lo los más me mi muy nada para pero por porque que qué quien se ser si sin sobre soy su sus también te
tengo tiene todo tu un una uno usted ya yo
"""

STOP_WORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_FRENCH} {_SPANISH}".split())
"""English in full, and the commonest words of German, French and Spanish; lower case."""
